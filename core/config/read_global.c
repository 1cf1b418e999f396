/* SPDX-License-Identifier: BSD-2-Clause */
/* global_defs, and what else stands outside of blocks (see reader.h). */
#include <string.h>
#include "core/config/reader.h"

/* vrrp_garp_X in global_defs is garp_X of all instances. */
static void read_garp(struct reader *r, struct block *b, const struct statement *st)
{
	int column =
	    keyword_column(&tables[TABLE_vrrp_instance], st->words[0].text + strlen("vrrp_"));

	(void)b;
	if (column >= 0)
		read_column(r, &r->instance_defaults->row, column, st);
}

static void read_min_garp(struct reader *r, struct block *b, const struct statement *st)
{
	(void)b;
	read_switch(r, st, &r->min_garp);
}

/* The group that the RFC gives is the one that is used. */
static void read_mcast_group(struct reader *r, struct block *b, const struct statement *st)
{
	bool four = st->words[0].text[strlen("vrrp_mcast_group")] == '4';

	(void)b;
	if (read_words(r, st, 2, 2) &&
	    strcmp(st->words[1].text, four ? "224.0.0.18" : "ff02::12") != 0)
		diagnosis_error(r->d, st->words[1].at,
		    "another multicast group than %s is not supported",
		    four ? "224.0.0.18" : "ff02::12");
}

#define MAIL "directord sends no mail; its events are SNMP notifications"
#define OWN "directord does that by itself"
#define NOFILE "directord keeps its files in its state directory"

static const struct keyword global_keywords[] = {
    {"vrrp_garp_master_delay", KEYWORD_LINE, read_garp, NULL},
    {"vrrp_garp_master_repeat", KEYWORD_LINE, read_garp, NULL},
    {"vrrp_garp_master_refresh", KEYWORD_LINE, read_garp, NULL},
    {"vrrp_garp_master_refresh_repeat", KEYWORD_LINE, read_garp, NULL},
    {"vrrp_garp_lower_prio_delay", KEYWORD_LINE, read_garp, NULL},
    {"vrrp_garp_lower_prio_repeat", KEYWORD_LINE, read_garp, NULL},
    {"vrrp_garp_interval", KEYWORD_LINE, read_garp, NULL},
    {"vrrp_min_garp", KEYWORD_LINE, read_min_garp, NULL},
    {"vrrp_mcast_group4", KEYWORD_LINE, read_mcast_group, NULL},
    {"vrrp_mcast_group6", KEYWORD_LINE, read_mcast_group, NULL},
    {"vrrp_down_timer_adverts", KEYWORD_LINE, read_down_timer, NULL},
    {"vrrp_strict", KEYWORD_ONLY_OFF, NULL,
	"it would turn off authentication and access to the VIPs"},
    {"vrrp_lower_prio_no_advert", KEYWORD_ONLY_OFF, NULL, NULL},
    {"vrrp_higher_prio_send_advert", KEYWORD_ONLY_OFF, NULL, NULL},
    {"vrrp_garp_extra_if", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"lvs_sync_daemon", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"lvs_timeouts", KEYWORD_UNSUPPORTED, NULL, "set them with ipvsadm --set"},
    {"startup_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"startup_script_timeout", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"shutdown_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"shutdown_script_timeout", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_fifo", KEYWORD_UNSUPPORTED, NULL, "directorctl events --follow tells the same"},
    {"notify_fifo_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"vrrp_notify_fifo", KEYWORD_UNSUPPORTED, NULL, "directorctl events --follow tells the same"},
    {"vrrp_notify_fifo_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"lvs_notify_fifo", KEYWORD_UNSUPPORTED, NULL, "directorctl events --follow tells the same"},
    {"lvs_notify_fifo_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
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
    {"rs_init_notifies", KEYWORD_IDLE, NULL, NOSCRIPT},
    {"script_user", KEYWORD_IDLE, NULL, NOSCRIPT},
    {"enable_script_security", KEYWORD_IDLE, NULL, NOSCRIPT},
    {"vrrp_notify_priority_changes", KEYWORD_IDLE, NULL, NULL},
    {"fifo_write_vrrp_states_on_reload", KEYWORD_IDLE, NULL, NULL},
    {"checker_log_all_failures", KEYWORD_IDLE, NULL, "the table checkResult counts all failures"},
    {"default_interface", KEYWORD_IDLE, NULL, "an instance names its interface"},
    {"dynamic_interfaces", KEYWORD_IDLE, NULL, OWN},
    {"disable_local_igmp", KEYWORD_IDLE, NULL, NULL},
    {"lvs_flush", KEYWORD_IDLE, NULL,
	"the kernel's table is compared and corrected, never flushed"},
    {"lvs_flush_on_stop", KEYWORD_IDLE, NULL, OWN},
    {"lvs_flush_onstop", KEYWORD_IDLE, NULL, OWN},
    {"vrrp_gna_interval", KEYWORD_IDLE, NULL, "VRRP is IPv4 only yet"},
    {"vrrp_iptables", KEYWORD_IDLE, NULL, "no firewall rules are made"},
    {"vrrp_ipsets", KEYWORD_IDLE, NULL, "no firewall rules are made"},
    {"nftables", KEYWORD_IDLE, NULL, "no firewall rules are made"},
    {"nftables_priority", KEYWORD_IDLE, NULL, "no firewall rules are made"},
    {"nftables_counters", KEYWORD_IDLE, NULL, "no firewall rules are made"},
    {"nftables_ifindex", KEYWORD_IDLE, NULL, "no firewall rules are made"},
    {"nftables_ipvs", KEYWORD_IDLE, NULL,
	"each address of a group is a virtual service of its own"},
    {"nftables_ipvs_priority", KEYWORD_IDLE, NULL, NULL},
    {"nftables_ipvs_start_fwmark", KEYWORD_IDLE, NULL, NULL},
    {"vrrp_check_unicast_src", KEYWORD_IDLE, NULL, "there is no unicast VRRP yet"},
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
    {"enable_snmp_rfc", KEYWORD_IDLE, NULL, "SNMP is always on"},
    {"enable_snmp_rfcv2", KEYWORD_IDLE, NULL, "SNMP is always on"},
    {"enable_snmp_rfcv3", KEYWORD_IDLE, NULL, "SNMP is always on"},
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
    {"vmac_prefix", KEYWORD_IDLE, NULL, "there are no VMACs yet"},
    {"vmac_addr_prefix", KEYWORD_IDLE, NULL, "there are no VMACs yet"},
    {"random_seed", KEYWORD_IDLE, NULL, NULL},
    {"reload_check_config", KEYWORD_IDLE, NULL, "a reload is always checked first"},
    {"include_check", KEYWORD_IDLE, NULL, "a file that is missing is always an error"},
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
    {"linkbeat_use_polling", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"linkbeat_interfaces", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"child_wait_time", KEYWORD_IDLE, NULL, NULL},
    {"bfd_instance", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"static_ipaddress", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"static_routes", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"static_rules", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"track_group", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"track_file", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"vrrp_track_file", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"vrrp_track_process", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"vrrp_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"garp_group", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"interface_up_down_delays", KEYWORD_UNSUPPORTED, NULL, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};
