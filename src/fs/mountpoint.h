/* SPDX-License-Identifier: MIT */
/* mountpoint.h - is there a place to mount on, and may we? */
#ifndef FS_MOUNTPOINT_H
#define FS_MOUNTPOINT_H

/*
 * Looks at everything that could make the mount fail, and cleans a stale mount. The absolute path
 * (to be freed), or NULL with a message on standard error that says what to do.
 */
char *mountpoint_prepare(const char *path);

#endif
