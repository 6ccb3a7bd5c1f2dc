/* SPDX-License-Identifier: MIT */
/* machine_config.h - what machine_boot() asks of a configuration. */
#ifndef MM_MACHINE_CONFIG_H
#define MM_MACHINE_CONFIG_H

#include <kmem/machine.h>

/* Do the settings fit together? 0, or -EINVAL with cfg->message set. */
int machine_config_check(struct machine_config *cfg);

#endif
