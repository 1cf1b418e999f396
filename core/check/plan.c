/* SPDX-License-Identifier: BSD-2-Clause */
/* See plan.h. */
#include "core/check/plan.h"

#include <string.h>

static bool is_http(const struct check *row)
{
	return row->type == CHECK_HTTP || row->type == CHECK_HTTPS;
}

void plan_update(struct plan *p)
{
	const struct check *row = p->row;
	struct http_config c = {.tls = row->type == CHECK_HTTPS,
	    .sni = row->sni,
	    .version = row->http_version,
	    .path = row->path,
	    .status = row->status_codes,
	    .digest = row->digest,
	    .regex = row->pattern,
	    .regex_negate = row->pattern_absent};

	http_spec_free(p->http);
	p->http = NULL;
	p->fault[0] = '\0';
	if (is_http(row))
		p->http = http_spec_new(&c, p->fault);
}

void plan_init(struct plan *p, const struct check *row)
{
	memset(p, 0, sizeof(*p));
	p->row = row;
	plan_update(p);
	plan_update_rules(p);
}

void plan_fini(struct plan *p)
{
	http_spec_free(p->http);
	p->http = NULL;
}

struct verdict_rules plan_update_rules(struct plan *p)
{
	struct verdict_rules old = p->rules;

	p->rules = (struct verdict_rules){.interval = p->row->interval,
	    .retry_delay = p->row->retry_delay,
	    .retries = p->row->retries,
	    .rise = p->row->rise,
	    .fall = p->row->fall};
	return old;
}

bool plan_is_wide(const struct plan *p)
{
	return !addr_is_set(&p->row->server_address);
}

bool plan_is_for(const struct plan *p, const struct real_server *rs)
{
	return plan_is_wide(p) || (addr_equal(&p->row->server_address, &rs->address) &&
				      p->row->server_port == rs->port);
}

const char *plan_spec(const struct plan *p, const struct real_server *rs, struct probe_spec *spec)
{
	const struct check *row = p->row;

	if (p->fault[0])
		return p->fault;
	*spec = (struct probe_spec){.type = is_http(row) ? PROBE_HTTP : PROBE_TCP,
	    .http = p->http,
	    .host = row->virtual_host[0] ? row->virtual_host : rs->virtual_host};
	spec->target.addr = addr_is_set(&row->connect_address) ? row->connect_address : rs->address;
	spec->target.port = (uint16_t)(row->connect_port ? row->connect_port : rs->port);
	spec->target.bind_addr = row->bind_address;
	spec->target.timeout = row->timeout;
	if (!spec->target.port)
		return "neither the check nor the real server names a port";
	return NULL;
}
