/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-http-date.h"

#include <string.h>
#include <time.h>

/**
 * loft_http_date_format:
 * @seconds: seconds since 1970, before the year 10000
 * @out_date: (out caller-allocates): room for the date and a NUL
 *
 * Writes a date as HTTP has it (RFC 9110, section 5.6.7), in every locale.
 */
void
loft_http_date_format (gint64 seconds, char out_date[LOFT_HTTP_DATE_LENGTH + 1])
{
  static const char days[] = "SunMonTueWedThuFriSat";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  time_t time = (time_t) seconds;
  struct tm parts = { 0 };
  char text[64];

  gmtime_r (&time, &parts);
  g_snprintf (text,
              sizeof text,
              "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
              days + 3 * parts.tm_wday,
              parts.tm_mday,
              months + 3 * parts.tm_mon,
              parts.tm_year + 1900,
              parts.tm_hour,
              parts.tm_min,
              parts.tm_sec);
  memcpy (out_date, text, LOFT_HTTP_DATE_LENGTH);
  out_date[LOFT_HTTP_DATE_LENGTH] = '\0';
}
