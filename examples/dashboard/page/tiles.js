// What the page shows of each query of tiles.sql, and how.
import { cents, change, money, percent, short, signed, whole } from './format.js';

// The colours of Okabe and Ito, which the colour-blind can tell apart.
const BLUE = '#0072b2', SKY = '#56b4e9', ORANGE = '#e69f00', GREEN = '#009e73', INK = '#1b2733', MUTED = '#55636f';

const axis = (name, more = {}) => ({
    name, nameLocation: 'middle', nameTextStyle: { color: MUTED }, axisLabel: { color: INK, hideOverlap: true },
    axisTick: { show: false }, splitLine: { lineStyle: { color: '#e6eaee' } }, ...more,
});
const moneyAxis = (name, more = {}) => axis(name, { axisLabel: { formatter: value => short(value), color: INK, hideOverlap: true }, ...more });
const label = (formatter, more = {}) => ({ show: true, formatter, color: INK, fontSize: 11, ...more });
// Of categories: all of them.
const names = { color: INK, interval: 0, width: 170, overflow: 'truncate' };
const oneLine = name => name.replace(/\s+/g, ' ');

// Horizontal bars, one for each row, from the top.
function bars(rows, { name, category, axisName, text, format = short, tooltip = format, color = BLUE, right = 52 }) {
    return {
        grid: { left: 8, right, top: 6, bottom: 26, containLabel: true },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: tooltip },
        xAxis: axis(axisName, { type: 'value', nameGap: 26, splitNumber: 3, axisLabel: { formatter: format, color: INK, hideOverlap: true } }),
        yAxis: axis('', { type: 'category', inverse: true, data: rows.map(row => oneLine(row[category])), axisLabel: names }),
        series: [{
            type: 'bar', name: axisName, data: rows.map(row => Number(row[name])), itemStyle: { color },
            barMaxWidth: 20, label: label(({ dataIndex }) => text(rows[dataIndex]), { position: 'right' }),
        }],
    };
}

// Vertical bars.
function columns(rows, { name, category, axisName, categoryName, format = short, tooltip = format, color = BLUE }) {
    return {
        grid: { left: 42, right: 8, top: 12, bottom: 26, containLabel: true },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: tooltip },
        xAxis: axis(categoryName, { type: 'category', nameGap: 26, data: rows.map(row => String(row[category])) }),
        yAxis: axis(axisName, { type: 'value', nameGap: 52, axisLabel: { formatter: format, color: INK } }),
        series: [{ type: 'bar', name: axisName, data: rows.map(row => Number(row[name])), itemStyle: { color }, barMaxWidth: 34 }],
    };
}

function daily(rows) {
    return {
        grid: { left: 28, right: 14, top: 30, bottom: 60, containLabel: true },
        legend: { top: 0, right: 0, type: 'scroll' },
        tooltip: { trigger: 'axis', valueFormatter: money },
        dataZoom: [{ type: 'slider', bottom: 8, height: 18, showDetail: false, showDataShadow: false }, { type: 'inside', zoomOnMouseWheel: 'ctrl' }],
        xAxis: axis('Day (drag the ends below to zoom)', { type: 'time', nameGap: 26, splitLine: { show: false } }),
        yAxis: moneyAxis('Sales per day ($)', { type: 'value', nameGap: 52 }),
        series: [
            { type: 'line', name: 'Day', symbol: 'none', lineStyle: { width: 0.7 }, itemStyle: { color: SKY },
                data: rows.map(row => [row.day, Number(row.sales)]) },
            { type: 'line', name: 'Mean of 28 days', symbol: 'none', lineStyle: { width: 2.5 }, itemStyle: { color: BLUE },
                data: rows.map(row => [row.day, Number(row.mean)]) },
        ],
    };
}

// A bar for each store; a line across it is the target.
function targets(rows) {
    const reached = row => Number(row.sales) >= Number(row.target);
    const bar = (name, color, wanted) => ({
        type: 'bar', name, stack: 'sales', itemStyle: { color }, barMaxWidth: 18,
        data: rows.map(row => reached(row) === wanted ? Number(row.sales) : '-'),
    });
    return {
        grid: { left: 8, right: 20, top: 30, bottom: 26, containLabel: true },
        legend: { top: 0, right: 0, type: 'scroll' },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: value => value === '-' ? '' : money(value) },
        xAxis: moneyAxis('Sales of 30 days ($)', { type: 'value', nameGap: 26 }),
        yAxis: axis('', { type: 'category', inverse: true, data: rows.map(row => `${oneLine(row.store)}  ${percent(row.percent)}`),
            axisLabel: names }),
        series: [
            bar('Target reached', BLUE, true),
            bar('Below target', ORANGE, false),
            { type: 'scatter', name: 'Target of a month', symbol: 'rect', symbolSize: [5, 15], itemStyle: { color: INK, borderColor: '#fff', borderWidth: 1 },
                z: 5, data: rows.map((row, i) => [Number(row.target), i]), tooltip: { valueFormatter: money } },
        ],
    };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function monthly(rows) {
    const years = [...new Set(rows.map(row => row.year))];
    const sales = (year, month) => {
        const row = rows.find(each => each.year === year && each.month === month);
        return row ? Number(row.sales) : null;
    };
    return {
        grid: { left: 28, right: 12, top: 30, bottom: 26, containLabel: true },
        legend: { top: 0, right: 0, type: 'scroll' },
        tooltip: { trigger: 'axis', valueFormatter: value => money(value ?? null) },
        xAxis: axis('Month', { type: 'category', nameGap: 26, data: MONTHS }),
        yAxis: moneyAxis('Sales per month ($)', { type: 'value', nameGap: 52 }),
        series: years.map((year, i) => ({
            type: 'line', name: String(year), symbol: ['circle', 'rect', 'triangle', 'diamond'][i % 4], symbolSize: 7,
            lineStyle: { width: 2 }, itemStyle: { color: [SKY, GREEN, BLUE, ORANGE][i % 4] },
            data: MONTHS.map((_, month) => sales(year, month + 1)),
        })),
    };
}

const number = (name, title, value, note) => ({ name, title, size: 'number', value, note });
const before = change('the 30 days before');
const column = (name, title, format) => ({ name, title, format });

export const TILES = [
    number('sales', 'Sales, 30 days', money, before),
    number('profit', 'Profit, 30 days', money, before),
    number('invoices', 'Invoices, 30 days', whole, before),
    number('average', 'Average invoice', cents, before),
    number('last_day', 'Last whole day', money, change('a week before')),
    number('on_target', 'Stores on target', whole, row => `of ${row.of} with a target`),
    number('stock_value', 'Stock at cost', money),
    number('stock_pieces', 'Pieces in stock', whole),
    { name: 'daily', title: 'Sales by day over three years', size: 'full', chart: daily,
        columns: [column('day', 'Day'), column('sales', 'Sales', cents), column('mean', 'Mean of 28 days', cents)] },
    { name: 'targets', title: 'Sales against targets by store, last 30 days', size: 'half', chart: targets,
        empty: 'None of these stores has a target.',
        columns: [column('store', 'Store'), column('sales', 'Sales', cents), column('target', 'Target of a month', money),
            column('percent', 'Reached', percent)] },
    { name: 'stock', title: 'Stock by category, today', size: 'half',
        chart: rows => bars(rows, { name: 'value', category: 'category', axisName: 'Stock at cost ($)', tooltip: money,
            text: row => `${whole(row.pieces)} pieces`, color: GREEN, right: 86 }),
        columns: [column('category', 'Category'), column('value', 'At cost', cents), column('pieces', 'Pieces', whole)] },
    { name: 'monthly', title: 'Sales by month', size: 'half', chart: monthly,
        columns: [column('year', 'Year'), column('month', 'Month'), column('sales', 'Sales', cents)] },
    { name: 'stock_change', title: 'Change of stock in 30 days', size: 'half',
        chart: rows => bars(rows, { name: 'change', category: 'category', axisName: 'Pieces more or fewer', format: signed,
            text: row => signed(row.change), color: GREEN }),
        columns: [column('category', 'Category'), column('earlier', '30 days ago', whole), column('today', 'Today', whole),
            column('change', 'Change', signed)] },
    { name: 'regions', title: 'Sales by region, last 30 days', size: 'third',
        chart: rows => bars(rows, { name: 'sales', category: 'region', axisName: 'Sales ($)', tooltip: money,
            text: row => money(row.sales), right: 70 }),
        columns: [column('region', 'Region'), column('sales', 'Sales', cents), column('profit', 'Profit', cents)] },
    { name: 'products', title: 'Products, last 30 days', size: 'third',
        chart: rows => bars(rows, { name: 'sales', category: 'product', axisName: 'Sales ($)', tooltip: money,
            text: row => `${whole(row.pieces)} pieces`, right: 80 }),
        columns: [column('product', 'Product'), column('sales', 'Sales', cents), column('pieces', 'Pieces', whole)] },
    { name: 'sellers', title: 'Sellers, last 30 days', size: 'third',
        chart: rows => bars(rows, { name: 'sales', category: 'seller', axisName: 'Sales ($)', tooltip: money,
            text: row => `${whole(row.invoices)} invoices`, right: 84 }),
        columns: [column('seller', 'Seller'), column('sales', 'Sales', cents), column('invoices', 'Invoices', whole)] },
    { name: 'weekdays', title: 'Sales by weekday, last 52 weeks', size: 'half',
        chart: rows => columns(rows, { name: 'sales', category: 'weekday', axisName: 'Mean sales of a day ($)',
            categoryName: 'Weekday', tooltip: money }),
        columns: [column('weekday', 'Weekday'), column('sales', 'Mean sales of a day', cents)] },
    { name: 'hours', title: 'Invoices by hour, last 90 days', size: 'half',
        chart: rows => columns(rows, { name: 'invoices', category: 'hour', axisName: 'Invoices', categoryName: 'Hour of the day (UTC)',
            format: whole }),
        columns: [column('hour', 'Hour'), column('invoices', 'Invoices', whole)] },
    { name: 'latest', title: 'Latest invoices', size: 'half',
        columns: [column('time', 'Time'), column('store', 'Store'), column('seller', 'Seller'), column('sales', 'Sales', cents)] },
    { name: 'idle', title: 'Stores without a sale in 10 days', size: 'half', empty: 'Every store has sold something.',
        columns: [column('store', 'Store'), column('region', 'Region'), column('district', 'District')] },
];
