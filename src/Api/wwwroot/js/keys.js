// Making an API key. Its text is shown once, because it is not kept.
import { post } from './api.js';
import { byId, onSubmit, setText } from './dom.js';

onSubmit(byId('make-key'), async (form) => {
  const made = await post('/api/app/api-keys', { name: form.get('name').trim() });
  byId('key-text').textContent = made.key;
  setText(byId('copied'), '');
  byId('new-key').hidden = false;
});

byId('copy-key').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(byId('key-text').textContent);
    setText(byId('copied'), 'Copied.');
  } catch {
    // Without HTTPS a page has no clipboard; a selection always works.
    getSelection().selectAllChildren(byId('key-text'));
    setText(byId('copied'), 'Selected: copy it with Ctrl-C or ⌘C.');
  }
});
