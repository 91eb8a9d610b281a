/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown.h"

#include <string.h>

#include "kit/html-check.h"
#include "test-markdown.h"

#define LINKS "/packages/p/1.0.0/files/"
#define IMAGES "/packages/p/1.0.0/raw/"
#define AWAY "<a rel=\"nofollow noopener ugc\" href=\""

static char *
render_at (const void *markdown, gsize length, const char *path)
{
  g_autoptr (GBytes) source = g_bytes_new (markdown, length);
  g_autoptr (LoftHtml) html =
    loft_markdown_render (source, path, LINKS, IMAGES);
  char *copy = g_strdup (loft_html_get_text (html));
  g_autofree char *mistake = html_check (copy, loft_html_get_length (html));

  if (mistake != NULL)
    g_error ("%s", mistake);

  return copy;
}

char *
render_bytes (const void *markdown, gsize length)
{
  return render_at (markdown, length, "README.md");
}

char *
render (const char *markdown)
{
  return render_bytes (markdown, strlen (markdown));
}

static void
assert_renders (const char *markdown, const char *wanted)
{
  g_autofree char *html = render (markdown);

  g_assert_cmpstr (html, ==, wanted);
}

static void
assert_has (const char *html, const char *wanted)
{
  if (strstr (html, wanted) == NULL)
    g_error ("“%s” is not in %s", wanted, html);
}

/* Text is what CommonMark says. */
static void
test_text (void)
{
  assert_renders ("a *b* **c** `d` ~~e~~ \\*f\\*\ng  \nh",
                  "<p>a <em>b</em> <strong>c</strong> <code>d</code> "
                  "<del>e</del> *f*\ng<br>\nh</p>\n");
  assert_renders ("> a\n\n***\n",
                  "<blockquote><p>a</p>\n</blockquote>\n<hr>\n");
  assert_renders ("3. a\n4. b\n",
                  "<ol start=\"3\"><li>a</li>\n<li>b</li>\n</ol>\n");
  assert_renders ("- a\n\n- b\n",
                  "<ul><li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>\n");
  assert_renders ("\357\273\277a\r\nb\rc", "<p>a\nb\nc</p>\n");
}

/* Headings begin below the page's own, and no level is skipped; those of the
 * same words can be told apart, and be linked to. */
static void
test_headings (void)
{
  assert_renders ("# A b\n### C\n## D\n# A b\n",
                  "<h2 id=\"readme-a-b\">A b</h2>\n"
                  "<h3 id=\"readme-c\">C</h3>\n"
                  "<h3 id=\"readme-d\">D</h3>\n"
                  "<h2 id=\"readme-a-b-1\">A b</h2>\n");
  assert_renders ("### A\n## B\n",
                  "<h2 id=\"readme-a\">A</h2>\n<h2 id=\"readme-b\">B</h2>\n");
  assert_renders ("# Größe & `x_y`\n\n[a](#größe--x_y) [b](#gr%C3%B6%C3%9Fe)",
                  "<h2 id=\"readme-größe--x_y\">Größe &amp; "
                  "<code>x_y</code></h2>\n"
                  "<p><a href=\"#readme-gr%C3%B6%C3%9Fe--x_y\">a</a> "
                  "<a href=\"#readme-gr%C3%B6%C3%9Fe\">b</a></p>\n");

  g_autofree char *deep =
    render ("# 1\n## 2\n### 3\n#### 4\n##### 5\n###### 6");
  assert_has (deep, "<h6 id=\"readme-5\">5</h6>\n<h6 id=\"readme-6\">6</h6>");
}

static void
test_tables (void)
{
  assert_renders (
    "|a|b|c|\n|-|:-:|-:|\n|1|*2*|x\\|y|\n|3|\n",
    "<div class=\"table\" tabindex=\"0\"><table><thead><tr>"
    "<th>a</th>\n<th class=\"center\">b</th>\n"
    "<th class=\"right\">c</th>\n</tr></thead>\n"
    "<tbody><tr><td>1</td>\n<td class=\"center\"><em>2</em></td>\n"
    "<td class=\"right\">x|y</td>\n</tr>\n"
    "<tr><td>3</td>\n<td class=\"center\"></td>\n"
    "<td class=\"right\"></td>\n</tr>\n</tbody></table></div>\n");
  assert_renders ("|a|\n|-|\n",
                  "<div class=\"table\" tabindex=\"0\"><table><thead><tr>"
                  "<th>a</th>\n</tr></thead>\n</table></div>\n");
}

/* What is to be done is text, since nothing on a page can be ticked. */
static void
test_tasks (void)
{
  assert_renders ("- [ ] a [x] b\n- [X] c\n- [y] d\n",
                  "<ul><li class=\"task\">☐ a [x] b</li>\n"
                  "<li class=\"task\">☑ c</li>\n<li>[y] d</li>\n</ul>\n");
}

static void
test_links (void)
{
  assert_renders ("[a](https://x.example/y?z=1&w=2#v \"t\")",
                  "<p>" AWAY "https://x.example/y?z=1&amp;w=2#v\" "
                  "title=\"t\">a</a></p>\n");
  assert_renders ("[a](LICENSE) [b](./docs/x%20y.md#L3) [c](/src/a+b.lf)",
                  "<p><a href=\"" LINKS "LICENSE\">a</a> "
                  "<a href=\"" LINKS "docs/x%20y.md#L3\">b</a> "
                  "<a href=\"" LINKS "src/a%2Bb.lf\">c</a></p>\n");
  assert_renders (
    "See https://x.example/a_(b), (www.y.example/c) or me@z.example.",
    "<p>See " AWAY "https://x.example/a_(b)\">"
    "https://x.example/a_(b)</a>, (" AWAY
    "https://www.y.example/c\">www.y.example/c</a>) or " AWAY
    "mailto:me@z.example\">me@z.example</a>.</p>\n");
  assert_renders ("`http://x.example` xhttp://x.example http://x a@b",
                  "<p><code>http://x.example</code> xhttp://x.example http://x "
                  "a@b</p>\n");
  assert_renders ("<https://x.example> [](b)",
                  "<p>" AWAY "https://x.example\">https://x.example</a> "
                  "<a href=\"" LINKS "b\">b</a></p>\n");
  assert_renders ("https://é.example/ü",
                  "<p>" AWAY "https://%C3%A9.example/%C3%BC\">"
                  "https://é.example/ü</a></p>\n");
}

static void
test_images (void)
{
  assert_renders ("![a b](img/x.png \"t\") ![](y.svg?raw=true)",
                  "<p><img src=\"" IMAGES "img/x.png\" alt=\"a b\" "
                  "loading=\"lazy\"> <img src=\"" IMAGES "y.svg\" alt=\"\" "
                  "loading=\"lazy\"></p>\n");
  assert_renders ("[![](img/x.png)](y.md)",
                  "<p><a href=\"" LINKS "y.md\"><img src=\"" IMAGES
                  "img/x.png\" alt=\"x.png\" loading=\"lazy\"></a></p>\n");
  assert_renders ("![](https://x.example/y.png?z)",
                  "<p>" AWAY "https://x.example/y.png?z\">y.png</a></p>\n");
}

/* Links lead on from the folder that the text is in. */
static void
test_folder (void)
{
  static const char text[] = "[a](b) [c](../d) [e](/f) [g](../../h) ![](i.png)";
  g_autofree char *html = render_at (text, strlen (text), "docs/en/README.md");

  g_assert_cmpstr (html,
                   ==,
                   "<p><a href=\"" LINKS "docs/en/b\">a</a> "
                   "<a href=\"" LINKS "docs/d\">c</a> "
                   "<a href=\"" LINKS "f\">e</a> <a href=\"" LINKS "h\">g</a> "
                   "<img src=\"" IMAGES
                   "docs/en/i.png\" alt=\"\" loading=\"lazy\"></p>\n");
}

/* Where no files are shown, nothing leads to them. */
static void
test_no_files (void)
{
  static const char text[] =
    "# a\n[b](c) ![d](e) ![](f) [g](#a) [h](https://i.example)";
  g_autoptr (GBytes) source = g_bytes_new_static (text, strlen (text));
  g_autoptr (LoftHtml) html =
    loft_markdown_render (source, "README.md", NULL, NULL);

  g_assert_cmpstr (loft_html_get_text (html),
                   ==,
                   "<h2 id=\"readme-a\">a</h2>\n<p>b d  "
                   "<a href=\"#readme-a\">g</a> " AWAY
                   "https://i.example\">h</a></p>\n");
}

/* Of HTML the texts stay, and images and line breaks. */
static void
test_html (void)
{
  assert_renders ("a <b>b</b><br/>c <!-- d --> <kbd>e</kbd>",
                  "<p>a b<br>c  e</p>\n");
  assert_renders ("<p align=\"center\">\n  <img src=\"logo.svg\" width=\"9\" "
                  "alt=\"Our &quot;logo&quot;\">\n</p>\n",
                  "<p><img src=\"" IMAGES
                  "logo.svg\" alt=\"Our &quot;logo&quot;\" loading=\"lazy\">\n"
                  "</p>");
  assert_renders ("<h1>A &amp; B</h1>\n<div>c\n</div>\n",
                  "<p>A &amp; B</p><p>c\n</p>");
  assert_renders ("<!-- a\n\nb -->\n", "");
  assert_renders ("loft add <name> -v=<version>",
                  "<p>loft add &lt;name&gt; -v=&lt;version&gt;</p>\n");
  assert_renders ("<name>\n</name>", "<p>&lt;name&gt;\n&lt;/name&gt;\n</p>");
  assert_renders ("<div>\na < b > c <\n</div>",
                  "<p>\na &lt; b &gt; c &lt;\n</p>");
}

/* Programs in loft have words of different kinds. */
static void
test_loft (void)
{
  assert_renders (
    "```loft\n// Adds.\npub fn add(a: integer) -> Point {\n"
    "  x = \"{a} and {\"b\"} {{c\" + `d\n\"e\"`; 'f'\n"
    "  for i in 0..0x1f { 1.5f; MAX; if_ = null }\n}\n```\n",
    "<pre tabindex=\"0\"><code class=\"language-loft\">"
    "<span class=\"tok-c\">// Adds.</span>\n"
    "<span class=\"tok-k\">pub</span> "
    "<span class=\"tok-k\">fn</span> add(a: "
    "<span class=\"tok-t\">integer</span>) -&gt; "
    "<span class=\"tok-t\">Point</span> {\n  x = "
    "<span class=\"tok-s\">&quot;{a} and {&quot;b&quot;} {{c&quot;</span> + "
    "<span class=\"tok-s\">`d\n&quot;e&quot;`</span>; "
    "<span class=\"tok-s\">'f'</span>\n  "
    "<span class=\"tok-k\">for</span> i "
    "<span class=\"tok-k\">in</span> "
    "<span class=\"tok-n\">0</span>.."
    "<span class=\"tok-n\">0x1f</span> { "
    "<span class=\"tok-n\">1.5f</span>; MAX; if_ = "
    "<span class=\"tok-k\">null</span> }\n}\n</code></pre>\n");
  assert_renders ("```loft\n\"a\nfn '\n```\n",
                  "<pre tabindex=\"0\"><code class=\"language-loft\">"
                  "<span class=\"tok-s\">&quot;a</span>\n"
                  "<span class=\"tok-k\">fn</span> '\n</code></pre>\n");
}

static void
test_code (void)
{
  assert_renders ("```C++ x\na<b\n```\n\n    c\n\n```\nfn d\n```\n",
                  "<pre tabindex=\"0\"><code class=\"language-c++\">a&lt;b\n"
                  "</code></pre>\n<pre tabindex=\"0\"><code>c\n</code></pre>\n"
                  "<pre tabindex=\"0\"><code>fn d\n</code></pre>\n");
}

/* Of a text that is too long there is the beginning, and where the rest is. */
static void
test_cut (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  while (text->len <= LOFT_MARKDOWN_MAX_SOURCE)
    g_string_append (
      text,
      "A line of some length, as people write them in texts that "
      "are for other people, and a good deal of it.\n");
  g_string_append (text, "the end");
  g_autofree char *html = render (text->str);
  g_assert_true (g_str_has_prefix (html, "<p>A line"));
  assert_has (html,
              "deal of it.</p>\n<p class=\"more\">… <a href=\"" LINKS
              "README.md\">README.md</a></p>");
  g_assert_null (strstr (html, "the end"));

  /* A single line is cut between characters. */
  g_string_truncate (text, 0);
  while (text->len <= LOFT_MARKDOWN_MAX_SOURCE + 3)
    g_string_append (text, "世");
  g_autofree char *line = render (text->str);
  g_assert_null (strstr (line, "\357\277\275"));
  assert_has (line, "世</p>\n<p class=\"more\">");
}

/* What would take too long is shown as it is. */
static void
test_plain (void)
{
  g_autoptr (GString) text = g_string_new ("<b>*a*</b>\n");

  for (guint i = 0; i < 100000; i++)
    g_string_append (text, "[a](");
  g_string_append_c (text, '\n');
  while (text->len < LOFT_MARKDOWN_MAX_SOURCE / 2)
    g_string_append (text, "b\n");
  g_autofree char *html = render (text->str);
  g_assert_true (
    g_str_has_prefix (html,
                      "<pre class=\"text\" tabindex=\"0\">&lt;b&gt;*a*&lt;/b"));
  assert_has (html, "</pre><p class=\"more\">… <a href=\"" LINKS);
}

static gpointer
render_often_cb (gpointer user_data)
{
  const char *wanted = user_data;

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *html =
        render ("~~a~~ b\n\n|c|\n|-|\n|~d~|\n\nhttps://e.example\n");

      g_assert_cmpstr (html, ==, wanted);
    }

  return NULL;
}

/* Several threads at once render the same as one. */
static void
test_threads (void)
{
  g_autofree char *wanted =
    render ("~~a~~ b\n\n|c|\n|-|\n|~d~|\n\nhttps://e.example\n");
  GThread *threads[6];

  assert_has (wanted, "<del>a</del>");
  assert_has (wanted, "<del>d</del>");
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("render", render_often_cb, wanted);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* The check finds what it is there for. */
static void
test_check (void)
{
  static const char *const mistakes[] = {
    "<script>",
    "<p>a",
    "</p>",
    "<p></em>",
    "<p><p></p></p>",
    "<b>a</b>",
    "<p onclick=\"a\">a</p>",
    "<p class=\"evil\">a</p>",
    "<p class=more>a</p>",
    "<p class=\"more\" class=\"more\">a</p>",
    "<P>a</P>",
    "a & b",
    "a > b",
    "&nbsp;",
    "<a href=\"javascript:a\">a</a>",
    "<p><a href=\"javascript:a\">a</a></p>",
    "<p><a href=\"//x\">a</a></p>",
    "<p><a href=\"/packages/p/1.0.0/files/../x\">a</a></p>",
    "<p><a href=\"/packages/p/1.0.0/files/%2e%2e/x\">a</a></p>",
    "<p><a href=\"/packages/p/1.0.0/files/\">a</a></p>",
    "<p><a href=\"https://a@b/\">a</a></p>",
    "<p><a>a</a></p>",
    "<p><a href=\"#readme-a\"><em><a href=\"#readme-a\">a</a></em></a></p>",
    "<p><img src=\"https://x/y\" alt=\"\"></p>",
    "<p><img src=\"/packages/p/1.0.0/raw/x\"></p>",
    "<h2 id=\"a\">a</h2>",
    "<h2 id=\"readme-a\">a</h2><h2 id=\"readme-a\">a</h2>",
    "<h1>a</h1>",
    "<ul>a</ul><li>b</li>",
    "<p>\342\200\256</p>",
    "<p>\1</p>",
    "<!-- a -->",
    "\377",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autofree char *found = html_check (mistakes[i], strlen (mistakes[i]));

      if (found == NULL)
        g_error ("Nothing is wrong with %s", mistakes[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/markdown/check", test_check);
  g_test_add_func ("/markdown/text", test_text);
  g_test_add_func ("/markdown/headings", test_headings);
  g_test_add_func ("/markdown/tables", test_tables);
  g_test_add_func ("/markdown/tasks", test_tasks);
  g_test_add_func ("/markdown/links", test_links);
  g_test_add_func ("/markdown/images", test_images);
  g_test_add_func ("/markdown/folder", test_folder);
  g_test_add_func ("/markdown/no-files", test_no_files);
  g_test_add_func ("/markdown/html", test_html);
  g_test_add_func ("/markdown/loft", test_loft);
  g_test_add_func ("/markdown/code", test_code);
  g_test_add_func ("/markdown/cut", test_cut);
  g_test_add_func ("/markdown/plain", test_plain);
  g_test_add_func ("/markdown/threads", test_threads);
  add_attack_tests ();
  add_burden_tests ();

  return g_test_run ();
}
