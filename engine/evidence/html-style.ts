/** The style sheet of an evidence page: no font, image or address from outside; readable on paper and in the dark. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#59636e;--line:#d1d9e0;--page:#fff;--band:#f6f8fa;--good:#116329;--bad:#a40e26;--open:#7a4f01;--bar:#4f78b0}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9198a1;--line:#3d444d;--page:#0d1117;--band:#161b22;--good:#4ac26b;--bad:#ff8182;--open:#e3b341;--bar:#6ca0dc}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:2rem 1.5rem 4rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}
p{margin:.4rem 0}.dim{color:var(--dim)}.verdict{font-size:1.15rem;padding:.8rem 1rem;border-left:.35rem solid var(--open);background:var(--band)}
.verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--bad)}.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}
p.verdict{color:var(--ink)}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.92rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code,pre{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}pre{background:var(--band);padding:.7rem;white-space:pre-wrap}
svg{display:block;width:100%;height:auto;margin:.5rem 0}svg text{fill:var(--ink);font:12px ui-monospace,monospace}svg .dim{fill:var(--dim)}
svg line{stroke:var(--line)}svg rect{fill:var(--bar)}svg rect.bad{fill:var(--bad)}svg rect.open{fill:var(--open)}
ul{padding-left:1.2rem}li{margin:.2rem 0}details summary{cursor:pointer}
@media print{body{max-width:none;padding:0;font-size:11px}h2{break-after:avoid}tr,svg{break-inside:avoid}}
`;
