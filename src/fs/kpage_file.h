/* SPDX-License-Identifier: MIT */
/* kpage_file.h - proc/kpageflags and proc/kpagecount. Told in kpage_file.c. */
#ifndef FS_KPAGE_FILE_H
#define FS_KPAGE_FILE_H

/* 0 or -ENOMEM. */
int kpage_files_init(void);

#endif
