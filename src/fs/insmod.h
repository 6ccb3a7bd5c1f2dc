/* SPDX-License-Identifier: MIT */
/* insmod.h - drivers that the program was not linked with. Told in insmod.c. */
#ifndef FS_INSMOD_H
#define FS_INSMOD_H

/*
 * Makes the modules in a file known, for builtin_modules_load_all(). The machine is up. 0, or -errno
 * with a line in the log that says what is wrong.
 */
int insmod(const char *path);

#endif
