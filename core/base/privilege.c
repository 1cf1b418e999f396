/* SPDX-License-Identifier: BSD-2-Clause */
/* See privilege.h. */
#include "core/base/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "core/base/log.h"

bool privilege_user(const char *name, uid_t *uid, gid_t *gid)
{
	char user[64];
	const struct passwd *pw;

	snprintf(user, sizeof(user), "directord-%s", name);
	pw = getpwnam(user);
	if (!pw) {
		log_warning("there is no user %s; nobody is used", user);
		pw = getpwnam("nobody");
	}
	if (!pw)
		return false;
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return true;
}

static bool become(uid_t uid, gid_t gid)
{
	if (geteuid() != 0)
		return true;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0) {
		if (errno != EINVAL && errno != EPERM)
			return false;
		/* a user namespace that maps only one user: nothing is gained by failing */
		log_warning("cannot become user %u (%s); running on as user %u", (unsigned)uid,
		    strerror(errno), (unsigned)geteuid());
	}
	return true;
}

static bool keep(const cap_value_t *caps, int ncaps)
{
	cap_t none = cap_init();
	bool ok;

	if (!none)
		return false;
	ok = ncaps == 0 || (cap_set_flag(none, CAP_PERMITTED, ncaps, caps, CAP_SET) == 0 &&
			       cap_set_flag(none, CAP_EFFECTIVE, ncaps, caps, CAP_SET) == 0);
	ok = ok && cap_set_proc(none) == 0;
	cap_free(none);
	return ok;
}

bool privilege_drop(uid_t uid, gid_t gid, const cap_value_t *caps, int ncaps)
{
	prctl(PR_SET_KEEPCAPS, 1);
	if (!become(uid, gid) || !keep(caps, ncaps)) {
		log_error("cannot drop privileges: %s", strerror(errno));
		return false;
	}
	prctl(PR_SET_KEEPCAPS, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(
	    PR_SET_DUMPABLE, 1); /* a crash leaves a core file, as the administrator's limits say */
	return true;
}

static bool among(cap_value_t cap, const cap_value_t *caps, int ncaps)
{
	for (int i = 0; i < ncaps; i++)
		if (caps[i] == cap)
			return true;
	return false;
}

void privilege_limit(const cap_value_t *caps, int ncaps)
{
	cap_t own = cap_get_proc();

	for (cap_value_t c = 0; own && CAP_IS_SUPPORTED(c); c++) {
		if (among(c, caps, ncaps))
			continue;
		if (cap_drop_bound(c) < 0)
			log_debug("capability %d stays: %s", c, strerror(errno));
		cap_set_flag(own, CAP_EFFECTIVE, 1, &c, CAP_CLEAR);
		cap_set_flag(own, CAP_PERMITTED, 1, &c, CAP_CLEAR);
		cap_set_flag(own, CAP_INHERITABLE, 1, &c, CAP_CLEAR);
	}
	if (!own || cap_set_proc(own) < 0)
		log_warning("cannot give up capabilities: %s", strerror(errno));
	cap_free(own);
}
