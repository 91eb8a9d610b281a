/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/storage-kit.h"

/* What a child of the test exits with where the system does not let it do what
 * it is for. */
#define CHILD_SKIPPED 77

int run_child (const char *name, const char *root);
GSubprocess *start_child (const char *name, const char *root);
void wait_until_ready (GSubprocess *child);

/* Processes that use a root together. */
void add_member_tests (void);
void child_member (const char *root);
void child_member_count (const char *root);
void child_member_broken (const char *root);
void child_parent (const char *root);

/* From now on no folder can be flushed. */
void deny_folder_flush (void);

void assert_storage_error (GError **error, LoftStorageError code);
LoftStorage *open_root (const char *root, GError **error);
guint count_unfinished (const char *root);
