/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "dbus/loft-bus-generated.h"

G_BEGIN_DECLS

/**
 * LoftCtlError:
 * @LOFT_CTL_ERROR_FAILED: what was asked for could not be done
 * @LOFT_CTL_ERROR_USAGE: the command line is wrong
 * @LOFT_CTL_ERROR_UNREACHABLE: no registry was reached
 * @LOFT_CTL_ERROR_FORBIDDEN: the caller has not the right
 * @LOFT_CTL_ERROR_NOT_FOUND: there is no such thing
 * @LOFT_CTL_ERROR_FINDINGS: something was found, and left as it was
 *
 * Why a command failed. The numbers are what the program exits with, and stand
 * in its manual page.
 */
typedef enum
{
  LOFT_CTL_ERROR_FAILED = 1,
  LOFT_CTL_ERROR_USAGE = 2,
  LOFT_CTL_ERROR_UNREACHABLE = 3,
  LOFT_CTL_ERROR_FORBIDDEN = 4,
  LOFT_CTL_ERROR_NOT_FOUND = 5,
  LOFT_CTL_ERROR_FINDINGS = 6
} LoftCtlError;

#define LOFT_CTL_ERROR (loft_ctl_error_quark ())
GQuark loft_ctl_error_quark (void);
gboolean loft_ctl_fail (GError **error, const char *what, const char *reason);

/**
 * LoftCtl:
 * @bus: the bus to ask
 * @address: (nullable): the address of another bus
 * @json: whether programs read what is printed
 * @colours: whether colours may be printed
 * @width: columns of the terminal; 0 where there is none
 *
 * What all commands are told.
 */
typedef struct
{
  GBusType bus;
  const char *address; /* not owned */
  gboolean json;
  gboolean colours;
  int width;
} LoftCtl;

/**
 * LoftCtlCommand:
 * @name: its name
 * @arguments: (nullable): what follows the name, for people
 * @summary: what it does, for people
 * @least: how many arguments it takes at least
 * @most: how many it takes at most
 * @options: its own options; the values are static
 * @run: does it
 *
 * A command.
 */
typedef struct
{
  const char *name;
  const char *arguments;
  const char *summary;
  guint least;
  guint most;
  const GOptionEntry *options;
  gboolean (*run) (const LoftCtl *self, char **arguments, GError **error);
} LoftCtlCommand;

extern const LoftCtlCommand loft_ctl_collect;
extern const LoftCtlCommand loft_ctl_deprecate;
extern const LoftCtlCommand loft_ctl_docs;
extern const LoftCtlCommand loft_ctl_export;
extern const LoftCtlCommand loft_ctl_import;
extern const LoftCtlCommand loft_ctl_logs;
extern const LoftCtlCommand loft_ctl_metrics;
extern const LoftCtlCommand loft_ctl_migrate;
extern const LoftCtlCommand loft_ctl_owners;
extern const LoftCtlCommand loft_ctl_packages;
extern const LoftCtlCommand loft_ctl_publish;
extern const LoftCtlCommand loft_ctl_reload;
extern const LoftCtlCommand loft_ctl_rescan;
extern const LoftCtlCommand loft_ctl_show;
extern const LoftCtlCommand loft_ctl_status;
extern const LoftCtlCommand loft_ctl_token;
extern const LoftCtlCommand loft_ctl_unyank;
extern const LoftCtlCommand loft_ctl_verify;
extern const LoftCtlCommand loft_ctl_yank;

G_END_DECLS
