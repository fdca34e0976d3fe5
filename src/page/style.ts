/** How the page looks: on wide and narrow screens, dark ones, and on paper. @module */
import { colors, darkColors, meanings, WIDTH } from "../report/svg.ts";

/** Every colour by its role, as a variable of the style. */
const variables = (of: (color: string) => string) =>
  Object.entries({ ...colors, ...meanings })
    .map(([role, color]) => `--${role}:${of(color)}`).join(";");

const dark = (color: string) => darkColors.get(color) ?? color;

/** The colours of drawings on a dark page, which have those of a light one as attributes. */
const drawings = [...darkColors].flatMap(([color, dark]) =>
  ["fill", "stroke"].map((paint) => `figure svg [${paint}="${color}"]{${paint}:${dark}}`)
).join("\n");

/** CSS. */
export const style = `
:root{${
  variables((color) => color)
};--link:#0969da;--soft:#f6f8fa;--shade:rgb(0 0 0/.16);color-scheme:light dark}
@media screen and (prefers-color-scheme:dark){
:root{${variables(dark)};--link:#6cb6ff;--soft:#161b22;--shade:rgb(0 0 0/.6)}
${drawings}
}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.6 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;overflow-wrap:break-word}
main{max-width:60rem;margin:0 auto;padding:1rem 1rem 6rem}
h1{font-size:2rem;line-height:1.2;margin:.5rem 0 1rem}
h2{font-size:1.5rem;line-height:1.3;margin:3.5rem 0 1rem;padding-top:1rem;border-top:1px solid var(--grid)}
.title{font-weight:600;margin:0 0 .35rem}
h3{font-size:1.15rem;margin:2.25rem 0 .75rem}
p,ul,ol,.scroll,.figures{margin:0 0 1.1rem}
p,li{max-width:46rem}
li{margin:.35rem 0}
blockquote{margin:0 0 1.1rem;padding:.1rem 1rem;border-left:4px solid var(--orange);background:var(--soft)}
a{color:var(--link);text-underline-offset:.15em}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--soft);
padding:.1em .3em;border-radius:4px;overflow-wrap:anywhere}
td code{overflow-wrap:normal}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.5rem 1rem;z-index:3}
.quiet{color:var(--muted);font-size:.875rem}

nav{border-bottom:1px solid var(--grid);background:var(--paper);position:sticky;top:0;z-index:2;
font-size:.875rem;line-height:1.4}
nav summary{padding:.7rem 1rem;cursor:pointer;font-weight:600}
nav ul{list-style:none;margin:0;padding:0 0 1rem;max-height:70vh;overflow-y:auto}
nav li{margin:0;max-width:none}
nav a{display:block;padding:.3rem 1rem;color:var(--muted);text-decoration:none;border-left:3px solid transparent}
nav .level2>a{color:var(--ink);font-weight:600;padding-top:.5rem}
nav .level3>a{padding-left:1.75rem}
nav a:hover{color:var(--link)}
nav a[aria-current]{border-color:var(--blue);background:var(--soft);color:var(--ink)}
@media screen and (max-width:1099px){html{scroll-padding-top:4rem}}
@media screen and (min-width:1100px){
body{display:grid;grid-template-columns:17.5rem minmax(0,1fr)}
nav{height:100vh;border:0;border-right:1px solid var(--grid);overflow-y:auto;padding-top:1.25rem}
nav summary{display:none}
nav ul{max-height:none;overflow:visible}
main{padding:2rem 2.5rem 6rem;width:100%}
}

.scroll{overflow-x:auto;max-width:100%;
background:linear-gradient(90deg,var(--paper) 30%,transparent) local 0/2.5rem 100% no-repeat,
linear-gradient(270deg,var(--paper) 30%,transparent) local 100%/2.5rem 100% no-repeat,
linear-gradient(90deg,var(--shade),transparent) 0/.9rem 100% no-repeat,
linear-gradient(270deg,var(--shade),transparent) 100%/.9rem 100% no-repeat}
.tall{max-height:28rem;overflow-y:auto;background:none}
.tall thead th{position:sticky;top:0;background:var(--paper);box-shadow:inset 0 -2px var(--line);border:0}
table{border-collapse:collapse;font-size:.875rem;line-height:1.45;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th:first-child,td:first-child{padding-left:.25rem}
:is(th,td):first-child:not(.number){min-width:6.5rem}
td:first-child:has(code){min-width:9.5rem}
thead th,thead td{border-bottom:2px solid var(--line);vertical-align:bottom;font-weight:600}
.number{text-align:right;white-space:nowrap}
thead .number{white-space:normal}
tbody tr:hover,tbody tr.marked{background:var(--soft)}
caption{text-align:left;color:var(--muted);font-size:.875rem;padding:.25rem 0 .5rem}
.sorted caption span{display:inline-block;position:sticky;left:.25rem;max-width:min(40rem,100vw - 3rem)}

.figures{display:flex;flex-wrap:wrap;gap:1rem 1.5rem;align-items:flex-start}
figure{margin:0;max-width:100%;min-width:0}
figure svg{display:block;max-width:100%;height:auto;
font-family:Helvetica,Arial,"Liberation Sans",sans-serif}
.drawing pre{margin:0;font:clamp(.6875rem,2.8vw,.8125rem)/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.drawing,.drawing .scroll{margin-bottom:.5rem}
.live image{image-rendering:pixelated}
.figures>figure{flex:0 1 ${WIDTH}px}
.figures>.tool{flex:1 1 100%;min-width:0}
figure.drawn>.picture{display:none}
figure.drawn svg{overflow:visible}
.replaced:has(+.tool:not([hidden])){display:none}

#tooltip{position:fixed;z-index:4;margin:0;padding:.45rem .65rem;pointer-events:none;max-width:20rem;
background:var(--paper);color:var(--ink);border:1px solid var(--line);border-radius:6px;
box-shadow:0 4px 16px rgb(0 0 0/.18);font-size:.8125rem;line-height:1.4}
#tooltip p{display:flex;gap:.75rem;justify-content:space-between;margin:0;max-width:none}
#tooltip span{color:var(--muted)}
#tooltip b{font-variant-numeric:tabular-nums}

.choices{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;margin:0 0 .9rem}
.choices label{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem .5rem;font-size:.875rem;max-width:100%}
select,.choices button{font:inherit;font-size:.875rem;max-width:100%;color:var(--ink);background:var(--paper);
border:1px solid var(--line);border-radius:6px;padding:.35rem .6rem}
.choices p{margin:0;align-self:center}
.choices .first span::before,.choices .second span::before{content:"\\25cf\\a0";color:var(--blue)}
.choices .second span::before{color:var(--vermilion)}
.choices button:disabled{color:var(--muted);border-color:var(--grid)}
.choices button:not(:disabled){cursor:pointer}

.sorted th button{all:unset;cursor:pointer;font-weight:600;white-space:normal}
.sorted th button:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
.sorted th button::after{content:"\\a0\\2195";color:var(--muted)}
.sorted th[aria-sort=ascending] button::after{content:"\\a0\\2191";color:var(--ink)}
.sorted th[aria-sort=descending] button::after{content:"\\a0\\2193";color:var(--ink)}

figure.parallel{width:${WIDTH}px;margin:0 0 1rem}
.parallel svg{width:100%;font-size:13px;touch-action:pan-y;user-select:none}
.parallel figcaption{display:flex;flex-wrap:wrap;gap:.15rem 1rem;font-size:.8125rem;margin-bottom:.35rem}
.parallel figcaption svg{display:inline-block;width:26px;height:10px;margin-right:.4rem}
.parallel text{fill:var(--ink);stroke:var(--paper);stroke-width:4;paint-order:stroke;stroke-linejoin:round}
.parallel .tick{fill:var(--muted);font-size:12px}
.parallel .words{pointer-events:none}
.parallel .axis{stroke:var(--muted)}
.parallel polyline{fill:none;stroke:var(--blue);stroke-width:1.5;stroke-opacity:.75}
.parallel .fewer{stroke:var(--muted);stroke-dasharray:2 3;stroke-width:1.25}
.parallel .best{stroke:var(--chosen);stroke-width:3;stroke-opacity:1}
.parallel .marked{stroke:var(--ink);stroke-width:3;stroke-opacity:1}
.parallel .out{stroke-opacity:.1}
.parallel .band{fill:var(--blue);fill-opacity:.18}
.parallel .band.open{fill-opacity:0}
.parallel .brush{fill:transparent;cursor:crosshair}
.parallel .handle{fill:var(--paper);stroke:var(--muted);cursor:ew-resize}
.parallel .handle:focus-visible{outline:none;stroke:var(--blue);stroke-width:3}

.matrix{width:100%;max-width:40rem;table-layout:fixed;font-size:clamp(.6875rem,2.2vw,.875rem)}
.matrix th,.matrix td{padding:0;border:0;vertical-align:middle}
.matrix :is(th,td){min-width:0!important}
.matrix thead td{width:var(--names);border:0}
.matrix tbody th{font-weight:400;text-align:right;padding-right:.5rem;overflow-wrap:anywhere;line-height:1.15}
.matrix thead th{font-weight:400;border:0;vertical-align:bottom;text-align:center;padding-bottom:.35rem}
.matrix thead span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);
max-height:var(--names);line-height:1.1;text-align:left}
.matrix tbody tr:hover{background:none}
.matrix button{display:block;width:100%;height:2.25rem;padding:0;font:inherit;color:var(--ink);cursor:pointer;
border:1px solid var(--grid);border-radius:0;font-variant-numeric:tabular-nums}
.matrix .wrong{background:color-mix(in srgb,var(--orange) var(--strength),var(--paper))}
.matrix .right{background:color-mix(in srgb,var(--test) var(--strength),var(--paper))}
.matrix button[aria-pressed]{outline:3px solid var(--ink);outline-offset:-2px}
.matrix button:focus-visible{outline:3px solid var(--blue);outline-offset:1px;position:relative;z-index:1}
.gallery{display:flex;flex-wrap:wrap;gap:6px;max-height:24rem;overflow-y:auto;margin-bottom:1.1rem}
.gallery canvas{image-rendering:pixelated;border-radius:4px}

@media print{
nav,.skip,.tool,.live,#tooltip{display:none!important}
.picture,.replaced{display:block!important}
body{font-size:10pt}
main{max-width:none;padding:0}
h2,h3{break-after:avoid}
figure,tr{break-inside:avoid}
.scroll{overflow:visible}
a{color:inherit}
}
`.trim();
