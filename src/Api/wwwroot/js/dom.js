// The few things this page does with the document. Text is only ever set as text, never as markup.

export const byId = (id) => document.getElementById(id);

/** Makes an element: properties (class, text, data-*, aria-*, on*), then children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'text') {
      element.textContent = value;
    } else if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== undefined && value !== null && value !== false) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }

  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Shows text only if it changed, so that a selection and a screen reader's place stay. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * Keeps a list's elements in step with its items. An element lives as long as its item, so focus and scrolling stay;
 * `draw(item)` makes a new element, and is called again only when the item changed.
 */
export function keepList(container, items, draw) {
  const old = new Map(Array.from(container.children, (element) => [element.dataset.id, element]));
  items.forEach((item, index) => {
    const version = JSON.stringify(item);
    let element = old.get(item.id);
    old.delete(item.id);
    if (element?.dataset.version !== version) {
      element = redraw(element, draw(item), item.id, version);
    }

    if (container.children[index] !== element) {
      container.insertBefore(element, container.children[index] ?? null);
    }
  });

  for (const element of old.values()) {
    element.remove();
  }
}

function redraw(element, drawn, id, version) {
  drawn.dataset.id = id;
  drawn.dataset.version = version;
  if (element) {
    const focused = element.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
    element.replaceWith(drawn);
    (focused ? drawn.querySelector(`[data-act="${focused}"]`) : null)?.focus();
  }

  return drawn;
}

/** Runs a form's work once at a time and shows what went wrong in the form. `work` resolves when the form may be emptied. */
export function onSubmit(form, work) {
  const mistake = form.querySelector('.mistake');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const buttons = form.querySelectorAll('button');
    buttons.forEach((button) => { button.disabled = true; });
    setText(mistake, '');
    try {
      await work(new FormData(form));
    } catch (error) {
      setText(mistake, error.message);
    } finally {
      buttons.forEach((button) => { button.disabled = false; });
    }
  });
}

/** Asks before something that cannot be undone. */
export function confirmed(title, text, yes) {
  byId('confirm-asks').hidden = true;
  byId('confirm-yes').className = 'danger';
  return shown(title, text, yes);
}

/** Asks for a line of text; null when nobody wants to give one. */
export async function asked(title, text, label, yes) {
  const input = byId('confirm-input');
  byId('confirm-asks').hidden = false;
  byId('confirm-label').textContent = label;
  byId('confirm-yes').className = 'primary';
  input.value = '';
  const answered = shown(title, text, yes);
  input.focus();
  return await answered && input.value.trim() ? input.value.trim() : null;
}

byId('confirm-no').addEventListener('click', () => byId('confirm').close('no'));

function shown(title, text, yes) {
  const dialog = byId('confirm');
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  byId('confirm-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
