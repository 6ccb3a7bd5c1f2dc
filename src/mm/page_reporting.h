/* SPDX-License-Identifier: MIT */
/* page_reporting.h - giving the host's memory behind free blocks back. */
#ifndef MM_PAGE_REPORTING_H
#define MM_PAGE_REPORTING_H

int page_reporting_boot(void);
void page_reporting_exit(void);
/* A large block came free. Context: any, under zone->lock too. */
void report_hint(void);

#endif
