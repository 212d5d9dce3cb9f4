// Numbers come as PostgreSQL's texts, and are rounded as it rounds.
const number = options => {
    const format = new Intl.NumberFormat('en', options);
    return value => value === null ? '–' : format.format(value).replace('-', '−');
};

export const whole = number({ maximumFractionDigits: 0 });
export const percent = value => value === null ? '–' : `${whole(value)} %`;
export const money = number({ style: 'currency', currency: 'USD', maximumFractionDigits: 0 });
export const cents = number({ style: 'currency', currency: 'USD' });
export const signed = number({ maximumFractionDigits: 0, signDisplay: 'exceptZero' });
export const short = number({ notation: 'compact', style: 'currency', currency: 'USD' });

// "22 Nov 2026", of a text like 2026-11-22 and some days more.
export function day(text, more = 0) {
    const date = new Date(`${text}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() + more);
    return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
}

// The time of day, and the day if it is another one than today; in UTC.
export function clock(time) {
    const text = new Date(time).toISOString();
    const today = new Date().toISOString().slice(0, 10);
    return (text.startsWith(today) ? '' : `${day(text.slice(0, 10))} `) + text.slice(11, 19);
}

export function duration(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    return seconds < 100 ? `${seconds} s`
        : seconds < 6000 ? `${Math.round(seconds / 60)} min`
            : seconds < 180000 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

// "+3 % against WHAT" in two lines, of a row with value and before.
export const change = what => row => {
    if (!Number(row.before))
        return '';
    const rate = 100 * (row.value - row.before) / Math.abs(row.before);
    return `${signed(rate)} % against\n${what}`;
};
