// What a page does that some reader cannot use. Answers a list of sentences; empty is good.
const faults = [];
const shown = element => element.getClientRects().length > 0;
const named = element => (element.outerHTML.slice(0, 120)).replace(/\s+/g, ' ');

if (!document.documentElement.lang) faults.push('the language is not said');
if (!document.title.trim()) faults.push('no title');
const titles = document.querySelectorAll('h1');
if (titles.length !== 1) faults.push(`${titles.length} titles (h1)`);
let level = 0;
for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) faults.push(`a level is left out before ${named(heading)}`);
    level = now;
}
const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
ids.filter((id, at) => ids.indexOf(id) !== at).forEach(id => faults.push(`two things are called ${id}`));
for (const name of ['aria-labelledby', 'aria-describedby', 'for']) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
        for (const id of element.getAttribute(name).split(/\s+/)) {
            if (!ids.includes(id)) faults.push(`${name} names nothing: ${named(element)}`);
        }
    }
}
for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    const label = field.getAttribute('aria-label') || field.getAttribute('aria-labelledby')
        || [...field.labels].map(one => one.textContent).join('');
    if (!label.trim()) faults.push(`a field without a label: ${named(field)}`);
}
for (const control of document.querySelectorAll('a[href], button')) {
    const words = control.getAttribute('aria-label') || control.textContent;
    if (!words.trim()) faults.push(`nothing says what this does: ${named(control)}`);
}
for (const image of document.querySelectorAll('img, svg')) {
    const said = image.hasAttribute('alt') || image.getAttribute('aria-label') || image.getAttribute('aria-labelledby')
        || image.getAttribute('aria-hidden') === 'true' || image.querySelector(':scope > title');
    if (!said) faults.push(`a picture without words: ${named(image)}`);
}
for (const region of document.querySelectorAll('nav')) {
    if (!region.getAttribute('aria-label')) faults.push(`a menu without a name: ${named(region)}`);
}
if (document.querySelectorAll('main').length !== 1) faults.push('no single main part');

// Not `innerWidth`, which grows when a phone shows a wide page smaller.
const { scrollWidth, clientWidth } = document.documentElement;
if (scrollWidth > clientWidth) {
    faults.push(`the page is ${scrollWidth} wide on a screen of ${clientWidth}`);
    for (const element of document.querySelectorAll('body *')) {
        if (shown(element) && element.getBoundingClientRect().right > clientWidth + 1) faults.push(`  too wide: ${named(element)}`);
    }
}

// WCAG 2.2, 1.4.3: letters against what is behind them.
const colour = text => (text.match(/[\d.]+/g) || []).map(Number);
const light = ([red, green, blue]) => [red, green, blue]
    .map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const behind = element => {
    for (let at = element; at; at = at.parentElement) {
        const paint = colour(getComputedStyle(at).backgroundColor);
        if (paint.length === 3 || paint[3] === 1) return paint;
    }
    return [255, 255, 255];
};
const pale = new Set();
const letters = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (letters.nextNode()) {
    const element = letters.currentNode.parentElement;
    if (!letters.currentNode.textContent.trim() || !shown(element) || element.closest('svg')) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(colour(style.color)), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) pale.add(`contrast ${contrast.toFixed(2)}: ${named(element)}`);
}
return [...faults, ...pale];
