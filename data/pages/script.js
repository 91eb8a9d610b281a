/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

/* What is only comfort: a search that answers while one types, and buttons that
 * copy commands. What the registry says is put in as text, and never as HTML. */
(function () {
  'use strict';

  const PAUSE = 150;
  const MOST = 8;
  const SHOWN = 2000;
  const words = document.currentScript.dataset;
  const status = add(document.body, 'div', 'unseen');
  status.setAttribute('role', 'status');

  function add(parent, name, className, text) {
    const element = document.createElement(name);
    element.className = className;
    if (text !== undefined)
      element.textContent = text;
    parent.append(element);
    return element;
  }

  function copyFrom(command) {
    const box = document.createElement('div');
    box.className = 'copied';
    command.replaceWith(box);
    box.append(command);
    const button = add(box, 'button', '', words.copy);
    button.type = 'button';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = status.textContent = words.copied;
      setTimeout(() => {
        button.textContent = words.copy;
        status.textContent = '';
      }, SHOWN);
    });
  }

  function suggest(input) {
    const form = input.form;
    const list = add(form, 'ul', 'suggestions');
    let timer = 0;
    let request = null;
    let active = -1;

    function activate(i) {
      active = i;
      input.removeAttribute('aria-activedescendant');
      Array.from(list.children).forEach((option, n) => {
        option.setAttribute('aria-selected', String(n === i));
        if (n === i) {
          input.setAttribute('aria-activedescendant', option.id);
          option.scrollIntoView({ block: 'nearest' });
        }
      });
    }

    function show(packages) {
      list.replaceChildren();
      packages.forEach((found, i) => {
        const option = add(list, 'li', '');
        option.id = 'suggestion-' + i;
        option.setAttribute('role', 'option');
        add(option, 'strong', '', found.name);
        if (found.description)
          add(option, 'span', 'meta', found.description).dir = 'auto';
        option.addEventListener('click', () => open(i));
      });
      list.hidden = packages.length === 0;
      input.setAttribute('aria-expanded', String(!list.hidden));
      activate(-1);
    }

    function cancel() {
      clearTimeout(timer);
      if (request !== null)
        request.abort();
      request = null;
    }

    function close() {
      cancel();
      show([]);
      status.textContent = '';
    }

    function open(i) {
      const name = list.children[i].firstChild.textContent;
      location.assign(form.action + '/' + encodeURIComponent(name));
    }

    async function ask(query) {
      const mine = request = new AbortController();
      try {
        const answer = await fetch(
          form.action + '?limit=' + MOST + '&q=' + encodeURIComponent(query),
          { headers: { Accept: 'application/json' }, signal: mine.signal });
        const packages = answer.ok ? await answer.json() : [];
        if (mine !== request)
          return;
        show(packages);
        status.textContent = words.found + ' ' + packages.length;
      } catch (error) {
        if (mine === request)
          close();
      }
    }

    list.id = 'suggestions';
    list.hidden = true;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', words.list);
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-controls', list.id);
    input.setAttribute('aria-expanded', 'false');

    input.addEventListener('input', () => {
      const query = input.value.trim();
      cancel();
      if (query === '')
        close();
      else
        timer = setTimeout(ask, PAUSE, query);
    });
    input.addEventListener('keydown', (event) => {
      const n = list.children.length;
      if (list.hidden || event.isComposing)
        return;
      if (event.key === 'ArrowDown')
        activate(active + 1 < n ? active + 1 : 0);
      else if (event.key === 'ArrowUp')
        activate(active > 0 ? active - 1 : n - 1);
      else if (event.key === 'Enter' && active >= 0)
        open(active);
      else if (event.key === 'Escape')
        close();
      else
        return;
      event.preventDefault();
    });
    input.addEventListener('blur', close);
    list.addEventListener('mousedown', (event) => event.preventDefault());
  }

  const input = document.getElementById('q');
  if (input !== null)
    suggest(input);
  if (navigator.clipboard)
    document.querySelectorAll('pre.command').forEach(copyFrom);
})();
