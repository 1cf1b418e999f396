/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Defaults that depend on other columns.  The reader applies them to what was not given in the file, and
 * the writer uses them to find out what it must write so that the same is read again.
 */
#ifndef CONFIG_INHERIT_H
#define CONFIG_INHERIT_H

#include "core/model/row.h"

/*
 * Sets the columns that are not in `given` and whose default depends on others.  vrrp_version is the
 * global default.
 */
void inherit(struct row *r, column_mask given, uint32_t vrrp_version);
/* The columns that an instance has from global_defs, if it has none of its own. */
column_mask inherit_global(const struct vrrp_instance *i);
/* The columns that it may set. */
column_mask inherit_columns(const struct table *t);
/* A peer whose TTL is checked: its instance checks the source, too, unless it says that it does not. */
bool inherit_is_strict(const struct vrrp_peer *p);

#endif
