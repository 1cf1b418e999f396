/* SPDX-License-Identifier: BSD-2-Clause */
/* global_defs, and what else stands outside of blocks (see reader.h). */
#include <string.h>
#include "core/config/reader.h"

/* vrrp_garp_X in global_defs is garp_X of all instances; so are other keywords that begin like this. */
static void read_default(struct reader *r, struct block *b, const struct statement *st)
{
	int column =
	    keyword_column(&tables[TABLE_vrrp_instance], st->words[0].text + strlen("vrrp_"));

	(void)b;
	if (column >= 0)
		read_column(r, &r->instance_defaults->row, column, st);
}

/* None is what there is without it, so keepalived has no 0 here. */
static void read_extra_default(struct reader *r, struct block *b, const struct statement *st)
{
	struct vrrp_instance *i = r->instance_defaults;

	(void)b;
	if (read_garp_extra(r, i, st) && i->garp_extra_interval == 0)
		diagnosis_error(r->d, st->at, "'%s' must have 1 or more here", st->words[0].text);
}

static void read_strict(struct reader *r, struct block *b, const struct statement *st)
{
	(void)b;
	read_column(r, &r->instance_defaults->row, COL_vrrp_instance_strict_mode, st);
}

static void read_min_garp(struct reader *r, struct block *b, const struct statement *st)
{
	(void)b;
	read_switch(r, st, &r->min_garp);
}

static void read_mcast_group(struct reader *r, struct block *b, const struct statement *st)
{
	bool six = st->words[0].text[strlen("vrrp_mcast_group")] == '6';
	struct addr *group = &r->mcast_groups[six];

	(void)b;
	if (!read_words(r, st, 2, 2) || !read_address(r, &st->words[1], group))
		return;
	r->groups_given[six] = true;
	if (!addr_is_multicast(group) || (group->family == ADDR_IPV6) != six)
		diagnosis_error(r->d, st->words[1].at, "'%s' is no multicast group of IPv%c",
		    st->words[1].text, six ? '6' : '4');
}

static struct notification *notification_named(struct reader *r, const struct word *w)
{
	int32_t kind;

	if (enum_number(&enumeration_event_kind, w->text, &kind))
		return store_notification(r->store, (enum event_kind)kind);
	diagnosis_error(r->d, w->at, "there is no kind of notification '%s'", w->text);
	return NULL;
}

/* snmp_notification KIND [on|off] [limit NUMBER] */
static void read_notification(struct reader *r, struct block *b, const struct statement *st)
{
	struct notification *n;
	size_t at = 2;

	(void)b;
	if (!read_words(r, st, 3, 5) || !(n = notification_named(r, &st->words[1])))
		return;
	if (strcmp(st->words[at].text, "limit") != 0)
		read_value(r, &n->row, COL_notification_enabled, &st->words[at++]);
	if (at == st->n)
		return;
	if (at + 2 != st->n || strcmp(st->words[at].text, "limit") != 0)
		diagnosis_error(
		    r->d, st->words[at].at, "expected 'limit' and a number of notifications");
	else
		read_value(r, &n->row, COL_notification_limit, &st->words[at + 1]);
}

/* ---- lvs_sync_daemon INTERFACE [[inst] INSTANCE] [OPTION VALUE]... */

static int sync_option(const char *word)
{
	static const struct {
		const char *word;
		int column;
	} options[] = {
	    {"inst", COL_sync_daemon_vrrp_instance},
	    {"id", COL_sync_daemon_sync_id},
	    {"maxlen", COL_sync_daemon_max_length},
	    {"port", COL_sync_daemon_mcast_port},
	    {"ttl", COL_sync_daemon_mcast_ttl},
	    {"group", COL_sync_daemon_mcast_group},
	    {"role", COL_sync_daemon_role},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (strcmp(options[i].word, word) == 0)
			return options[i].column;
	return -1;
}

static bool read_sync_value(
    struct reader *r, struct sync_daemon *d, int column, const struct word *w)
{
	if (!read_value(r, &d->row, column, w))
		return false;
	marks_column(&d->row, column, w->at);
	return true;
}

/* The words behind the interface. */
static bool read_sync_options(
    struct reader *r, struct sync_daemon *d, const struct statement *st, size_t i)
{
	if (i < st->n && sync_option(st->words[i].text) < 0 &&
	    !read_sync_value(r, d, COL_sync_daemon_vrrp_instance, &st->words[i++]))
		return false;
	for (; i < st->n; i += 2) {
		int column = sync_option(st->words[i].text);

		if (column < 0) {
			diagnosis_error(r->d, st->words[i].at, "unknown option '%s' of %s",
			    st->words[i].text, st->words[0].text);
			return false;
		}
		if (i + 1 == st->n) {
			diagnosis_error(
			    r->d, st->words[i].at, "'%s' needs a value", st->words[i].text);
			return false;
		}
		if (!read_sync_value(r, d, column, &st->words[i + 1]))
			return false;
	}
	return true;
}

static struct sync_daemon *new_sync_daemon(enum sync_role role, struct place at)
{
	struct sync_daemon *d = ROW_NEW(sync_daemon);

	d->role = role;
	marks_row(&d->row, at);
	return d;
}

/* Without a role, the line stands for both. */
static void read_sync_daemon(struct reader *r, struct block *b, const struct statement *st)
{
	struct sync_daemon *d = new_sync_daemon(SYNC_MASTER, st->at), *other;

	(void)b;
	if (!read_words(r, st, 2, SIZE_MAX) ||
	    !read_sync_value(r, d, COL_sync_daemon_interface, &st->words[1]) ||
	    !read_sync_options(r, d, st, 2)) {
		marks_free_row(&d->row);
		return;
	}
	if (!(marks_given(&d->row) & COLUMN(sync_daemon, role))) {
		other = new_sync_daemon(SYNC_BACKUP, st->at);
		marks_inherit(&other->row, &d->row, table_mask(d->row.table, CLASS_CONFIG));
		if (!read_insert(r, &other->row)) {
			marks_free_row(&d->row);
			return;
		}
	}
	read_insert(r, &d->row);
}

static void read_default_interface(struct reader *r, struct block *b, const struct statement *st)
{
	(void)b;
	if (!read_words(r, st, 2, 2))
		return;
	if (strlen(st->words[1].text) >= sizeof(r->interface))
		diagnosis_error(
		    r->d, st->words[1].at, "'%s' is no name of an interface", st->words[1].text);
	else
		strcpy(r->interface, st->words[1].text);
}

/* script_user USER [GROUP] */
static void read_script_user(struct reader *r, struct block *b, const struct statement *st)
{
	read_user(r, b->scopes[0].row, COL_system_script_user, COL_system_script_group, st);
}

#define MAIL "directord sends no mail; its events are SNMP notifications"
#define OWN "directord does that by itself"
#define RFC "SNMP is always on; snmp_rfcv2_traps and snmp_rfcv3_traps have the traps"
#define FILTER "no_accept makes an nftables table of its own, with counters and priority -1"
#define NOFILE "directord keeps its files in its state directory"

static const struct keyword global_keywords[] = {
    {"vrrp_garp_master_delay", KEYWORD_LINE, read_default, NULL},
    {"vrrp_garp_master_repeat", KEYWORD_LINE, read_default, NULL},
    {"vrrp_garp_master_refresh", KEYWORD_LINE, read_default, NULL},
    {"vrrp_garp_master_refresh_repeat", KEYWORD_LINE, read_default, NULL},
    {"vrrp_garp_lower_prio_delay", KEYWORD_LINE, read_default, NULL},
    {"vrrp_garp_lower_prio_repeat", KEYWORD_LINE, read_default, NULL},
    {"vrrp_garp_interval", KEYWORD_LINE, read_default, NULL},
    {"vrrp_gna_interval", KEYWORD_LINE, read_default, NULL},
    {"vrrp_check_unicast_src", KEYWORD_LINE, read_default, NULL},
    {"vrrp_min_garp", KEYWORD_LINE, read_min_garp, NULL},
    {"vrrp_mcast_group4", KEYWORD_LINE, read_mcast_group, NULL},
    {"vrrp_mcast_group6", KEYWORD_LINE, read_mcast_group, NULL},
    {"vrrp_down_timer_adverts", KEYWORD_LINE, read_down_timer, NULL},
    {"snmp_notification", KEYWORD_LINE, read_notification, NULL},
    {"vrrp_strict", KEYWORD_LINE, read_strict, NULL},
    {"vrrp_lower_prio_no_advert", KEYWORD_LINE, read_default, NULL},
    {"vrrp_higher_prio_send_advert", KEYWORD_LINE, read_default, NULL},
    {"vrrp_garp_extra_if", KEYWORD_LINE, read_extra_default, NULL},
    {"vrrp_vmac_garp_intvl", KEYWORD_LINE, read_extra_default, NULL}, /* the older word */
    {"default_interface", KEYWORD_LINE, read_default_interface, NULL},
    {"lvs_sync_daemon", KEYWORD_LINE, read_sync_daemon, NULL},
    {"lvs_timeouts", KEYWORD_UNSUPPORTED, NULL, "set them with ipvsadm --set"},
    {"startup_script", KEYWORD_LINE, read_director_script, NULL},
    {"shutdown_script", KEYWORD_LINE, read_director_script, NULL},
    {"notify_fifo", KEYWORD_LINE, read_notify_fifo, NULL},
    {"notify_fifo_script", KEYWORD_LINE, read_notify_fifo, NULL},
    {"vrrp_notify_fifo", KEYWORD_LINE, read_notify_fifo, NULL},
    {"vrrp_notify_fifo_script", KEYWORD_LINE, read_notify_fifo, NULL},
    {"lvs_notify_fifo", KEYWORD_LINE, read_notify_fifo, NULL},
    {"lvs_notify_fifo_script", KEYWORD_LINE, read_notify_fifo, NULL},
    {"enable_dbus", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"reload_time_file", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"reload_repeat", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"reload_file", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"notification_email", KEYWORD_IDLE, NULL, MAIL},
    {"notification_email_from", KEYWORD_IDLE, NULL, MAIL},
    {"smtp_server", KEYWORD_IDLE, NULL, MAIL},
    {"smtp_helo_name", KEYWORD_IDLE, NULL, MAIL},
    {"smtp_connect_timeout", KEYWORD_IDLE, NULL, MAIL},
    {"smtp_alert", KEYWORD_IDLE, NULL, MAIL},
    {"smtp_alert_vrrp", KEYWORD_IDLE, NULL, MAIL},
    {"smtp_alert_checker", KEYWORD_IDLE, NULL, MAIL},
    {"no_email_faults", KEYWORD_IDLE, NULL, MAIL},
    {"no_checker_emails", KEYWORD_IDLE, NULL, MAIL},
    {"script_user", KEYWORD_LINE, read_script_user, NULL},
    {"vrrp_notify_priority_changes", KEYWORD_LINE, read_default, NULL},
    {"checker_log_all_failures", KEYWORD_IDLE, NULL, "the table checkResult counts all failures"},
    {"dynamic_interfaces", KEYWORD_IDLE, NULL, "interfaces may always come and go"},
    {"disable_local_igmp", KEYWORD_IDLE, NULL, NULL},
    {"lvs_flush", KEYWORD_IDLE, NULL,
	"the kernel's table is compared and corrected, never flushed"},
    {"lvs_flush_on_stop", KEYWORD_IDLE, NULL, OWN},
    {"lvs_flush_onstop", KEYWORD_IDLE, NULL, OWN},
    {"vrrp_iptables", KEYWORD_IDLE, NULL, FILTER},
    {"vrrp_ipsets", KEYWORD_IDLE, NULL, FILTER},
    {"nftables", KEYWORD_IDLE, NULL, FILTER},
    {"nftables_priority", KEYWORD_IDLE, NULL, FILTER},
    {"nftables_counters", KEYWORD_IDLE, NULL, FILTER},
    {"nftables_ifindex", KEYWORD_IDLE, NULL, FILTER},
    {"nftables_ipvs", KEYWORD_IDLE, NULL,
	"each address of a group is a virtual service of its own"},
    {"nftables_ipvs_priority", KEYWORD_IDLE, NULL, NULL},
    {"nftables_ipvs_start_fwmark", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_skip_check_adv_addr", KEYWORD_IDLE, NULL, NULL},
    {"process_names", KEYWORD_IDLE, NULL, NULL},
    {"process_name", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_process_name", KEYWORD_IDLE, NULL, NULL},
    {"checker_process_name", KEYWORD_IDLE, NULL, NULL},
    {"lvs_process_name", KEYWORD_IDLE, NULL, NULL},
    {"bfd_process_name", KEYWORD_IDLE, NULL, NULL},
    {"max_auto_priority", KEYWORD_IDLE, NULL, OWN},
    {"min_auto_priority_delay", KEYWORD_IDLE, NULL, OWN},
    {"vrrp_priority", KEYWORD_IDLE, NULL, OWN},
    {"checker_priority", KEYWORD_IDLE, NULL, OWN},
    {"bfd_priority", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_no_swap", KEYWORD_IDLE, NULL, OWN},
    {"checker_no_swap", KEYWORD_IDLE, NULL, NULL},
    {"bfd_no_swap", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_cpu_affinity", KEYWORD_IDLE, NULL, NULL},
    {"checker_cpu_affinity", KEYWORD_IDLE, NULL, NULL},
    {"bfd_cpu_affinity", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_rt_priority", KEYWORD_IDLE, NULL, OWN},
    {"checker_rt_priority", KEYWORD_IDLE, NULL, NULL},
    {"bfd_rt_priority", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_rlimit_rttime", KEYWORD_IDLE, NULL, OWN},
    {"checker_rlimit_rttime", KEYWORD_IDLE, NULL, NULL},
    {"bfd_rlimit_rttime", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_rlimit_rtime", KEYWORD_IDLE, NULL, OWN},
    {"checker_rlimit_rtime", KEYWORD_IDLE, NULL, NULL},
    {"bfd_rlimit_rtime", KEYWORD_IDLE, NULL, NULL},
    {"enable_snmp_vrrp", KEYWORD_IDLE, NULL, "SNMP is always on"},
    {"enable_snmp_checker", KEYWORD_IDLE, NULL, "SNMP is always on"},
    {"enable_snmp_keepalived", KEYWORD_IDLE, NULL, "SNMP is always on"},
    {"enable_snmp_rfc", KEYWORD_IDLE, NULL, RFC},
    {"enable_snmp_rfcv2", KEYWORD_IDLE, NULL, RFC},
    {"enable_snmp_rfcv3", KEYWORD_IDLE, NULL, RFC},
    {"enable_traps", KEYWORD_IDLE, NULL, "SNMP is always on"},
    {"dbus_service_name", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_netlink_cmd_rcv_bufs", KEYWORD_IDLE, NULL, OWN},
    {"vrrp_netlink_cmd_rcv_bufs_force", KEYWORD_IDLE, NULL, OWN},
    {"vrrp_netlink_monitor_rcv_bufs", KEYWORD_IDLE, NULL, OWN},
    {"vrrp_netlink_monitor_rcv_bufs_force", KEYWORD_IDLE, NULL, OWN},
    {"lvs_netlink_cmd_rcv_bufs", KEYWORD_IDLE, NULL, OWN},
    {"lvs_netlink_cmd_rcv_bufs_force", KEYWORD_IDLE, NULL, OWN},
    {"lvs_netlink_monitor_rcv_bufs", KEYWORD_IDLE, NULL, OWN},
    {"lvs_netlink_monitor_rcv_bufs_force", KEYWORD_IDLE, NULL, OWN},
    {"process_monitor_rcv_bufs", KEYWORD_IDLE, NULL, NULL},
    {"process_monitor_rcv_bufs_force", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_rx_bufs_policy", KEYWORD_IDLE, NULL, OWN},
    {"vrrp_rx_bufs_multiplier", KEYWORD_IDLE, NULL, OWN},
    {"umask", KEYWORD_IDLE, NULL, NOFILE},
    {"log_unknown_vrids", KEYWORD_IDLE, NULL, "packets for unknown VRIDs are counted"},
    {"vmac_prefix", KEYWORD_IDLE, NULL, "use_vmac takes a name"},
    {"vmac_addr_prefix", KEYWORD_IDLE, NULL,
	"the interfaces of use_vmac_addr have names of their own"},
    {"random_seed", KEYWORD_IDLE, NULL, NULL},
    {"reload_check_config", KEYWORD_IDLE, NULL, "a reload is always checked first"},
    {"include_check", KEYWORD_IDLE, NULL, "a file that is missing is always an error"},
    {"state_file_location", KEYWORD_IDLE, NULL, NOFILE},
    {"stats_file_location", KEYWORD_IDLE, NULL, NOFILE},
    {"json_file_location", KEYWORD_IDLE, NULL, NOFILE},
    {"json_version", KEYWORD_IDLE, NULL, "directorctl show --json shows all"},
    {"iproute_usr_dir", KEYWORD_IDLE, NULL, "names are looked up in /etc/iproute2"},
    {"iproute_etc_dir", KEYWORD_IDLE, NULL, "names are looked up in /etc/iproute2"},
    {"use_symlink_paths", KEYWORD_IDLE, NULL, "the path of a script is used as it is"},
    {"set_supplementary_groups", KEYWORD_IDLE, NULL, OWN},
    {"snmp_vs_stats_update_interval", KEYWORD_IDLE, NULL, NULL},
    {"snmp_rs_stats_update_interval", KEYWORD_IDLE, NULL, NULL},
    {"dbus_no_interface_name", KEYWORD_IDLE, NULL, NULL},
    {"config_save_dir", KEYWORD_IDLE, NULL, NOFILE},
    {"tmp_config_directory", KEYWORD_IDLE, NULL, NOFILE},
    {"data_use_instance", KEYWORD_IDLE, NULL, NOFILE},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

static void read_global(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"global_defs", global_keywords, NULL};
	struct row *row = &store_system(r->store)->row;
	struct block global = {
	    .type = &type, .at = st->at, .scopes = {{row, table_mask(row->table, CLASS_CONFIG)}}};

	(void)b;
	if (!row->user)
		marks_row(row, st->at);
	if (!read_words(r, st, 1, 1))
		lexer_skip_block(r->lexer);
	else
		read_block(r, &global);
}

const struct keyword global_root_keywords[] = {
    {"global_defs", KEYWORD_BLOCK, read_global, NULL},
    {"net_namespace", KEYWORD_UNSUPPORTED, NULL,
	"start directord in the namespace (ip netns exec)"},
    {"net_namespace_ipvs", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"namespace_with_ipsets", KEYWORD_IDLE, NULL, NULL},
    {"instance", KEYWORD_IDLE, NULL, NOFILE},
    {"use_pid_dir", KEYWORD_IDLE, NULL, NOFILE},
    {"child_wait_time", KEYWORD_IDLE, NULL, NULL},
    {"bfd_instance", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"track_group", KEYWORD_UNSUPPORTED, NULL, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};
