/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/loft-test-archive.h"

G_BEGIN_DECLS

/* What the archives of the cases say they are. */
#define LOFT_TEST_NAME "hello-lib"
#define LOFT_TEST_VERSION "0.1.0"

/* The makers of those archives that are no mere list of members. */
GBytes *loft_test_make_nothing (void);
GBytes *loft_test_make_no_gzip (void);
GBytes *loft_test_make_plain_tar (void);
GBytes *loft_test_make_wrong_method (void);
GBytes *loft_test_make_wrong_flags (void);
GBytes *loft_test_make_wrong_data (void);
GBytes *loft_test_make_wrong_crc (void);
GBytes *loft_test_make_wrong_length (void);
GBytes *loft_test_make_cut_trailer (void);
GBytes *loft_test_make_cut_data (void);
GBytes *loft_test_make_garbage_after (void);
GBytes *loft_test_make_second_member (void);
GBytes *loft_test_make_no_tar (void);
GBytes *loft_test_make_empty_member (void);
GBytes *loft_test_make_no_end (void);
GBytes *loft_test_make_half_end (void);
GBytes *loft_test_make_odd_end (void);
GBytes *loft_test_make_tail (void);
GBytes *loft_test_make_cut_header (void);
GBytes *loft_test_make_hidden_member (void);
GBytes *loft_test_make_cut_member (void);
GBytes *loft_test_make_sparse_overlap (void);
GBytes *loft_test_make_sparse_order (void);
GBytes *loft_test_make_sparse_odd (void);
GBytes *loft_test_make_sparse_size (void);
GBytes *loft_test_make_sparse_endless (void);
GBytes *loft_test_make_sparse_bomb (void);
GBytes *loft_test_make_sparse_ratio (void);
GBytes *loft_test_make_ratio (void);
GBytes *loft_test_make_zeros_after (void);
GBytes *loft_test_make_large_claim (void);
GBytes *loft_test_make_many_entries (void);
GBytes *loft_test_make_many_folders (void);
GBytes *loft_test_make_no_manifest (void);
GBytes *loft_test_make_deep_manifest (void);
GBytes *loft_test_make_no_json (void);
GBytes *loft_test_make_empty_manifest (void);
GBytes *loft_test_make_nested_manifest (void);
GBytes *loft_test_make_large_manifest (void);
GBytes *loft_test_make_array_manifest (void);
GBytes *loft_test_make_path_dependency (void);
GBytes *loft_test_make_linked_manifest (void);

G_END_DECLS
