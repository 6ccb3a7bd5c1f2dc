/* SPDX-License-Identifier: MIT */
/* kref.h - struct kref, which is told of in refcount.h. */
#include <kmem/refcount.h>
