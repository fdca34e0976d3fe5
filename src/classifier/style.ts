/** How `classifier.html` looks: as the report does, and what it has besides. @module */
import { style as page } from "../page/style.ts";

/** CSS. */
export const style = `${page}
body{display:block}
main{max-width:72rem;padding:1.5rem 1rem 5rem}
h1{margin-bottom:.5rem}
h2{border:0;padding:0;margin:2rem 0 .75rem;font-size:1.25rem}
.columns{display:grid;gap:0 3rem;grid-template-columns:minmax(0,1fr)}
@media screen and (min-width:900px){.columns{grid-template-columns:minmax(0,5fr) minmax(0,6fr)}}
:is(#drop,#drawing){border:2px dashed var(--line);border-radius:10px;padding:1rem;margin:0 0 1rem}
#drawing{border-style:solid;border-width:1px}
#drop.over{border-color:var(--blue);background:var(--soft)}
#drop p{margin:.75rem 0 0}
.file{display:inline-block;position:relative;margin:0 .5rem .25rem 0;padding:.5rem .9rem;border-radius:6px;
border:1px solid var(--line);background:var(--soft);font-weight:600;cursor:pointer}
.file input{position:absolute;inset:0;width:100%;opacity:0;cursor:pointer}
.file:focus-within{outline:3px solid var(--blue);outline-offset:2px}
.photograph{display:none}
@media (any-pointer:coarse){.photograph{display:inline-block}}
#examples{display:grid;grid-template-columns:repeat(auto-fill,minmax(4.9rem,1fr));gap:.5rem;margin:0 0 1rem}
#examples button{display:flex;flex-direction:column;align-items:center;gap:.3rem;padding:.4rem .25rem;
font:inherit;font-size:.75rem;line-height:1.2;color:var(--ink);background:var(--paper);overflow-wrap:anywhere;
border:1px solid var(--line);border-radius:6px;cursor:pointer}
#examples canvas{width:3.5rem;height:auto;max-height:5rem;object-fit:contain}
canvas{max-width:100%;image-rendering:pixelated}
.paper{display:block;border:1px solid var(--line);border-radius:6px;margin:0 auto .75rem;height:auto;
touch-action:none;cursor:crosshair;image-rendering:auto}
#drawing .choices{margin:0;justify-content:center;gap:.5rem .75rem}
#answer p{margin:0 0 .6rem}
.class{font-size:1.15rem}
.warning{border-left:4px solid var(--orange);background:var(--soft);padding:.5rem .9rem}
#probabilities table{width:100%;margin:0 0 1.1rem;table-layout:fixed}
#probabilities th{width:38%;font-weight:400;text-align:left;overflow-wrap:anywhere}
#probabilities .number{width:3.75rem}
#probabilities :is(th,td){vertical-align:middle;border:0;padding:.2rem .5rem .2rem 0}
.bar{height:.9rem;min-width:1px;background:var(--blue);border-radius:2px}
#steps{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:1.25rem 1rem}
#steps li{flex:0 0 auto;width:10rem;max-width:100%;margin:0}
#steps canvas{display:block;width:auto;height:8.5rem;max-width:100%;object-fit:contain;object-position:left;
outline:1px solid var(--grid);margin-bottom:.4rem}
#steps figcaption{font-size:.8125rem;line-height:1.4;color:var(--muted)}
@media screen and (max-width:899px){
html{scroll-padding-bottom:8rem}
.columns{display:block}
.columns>section{display:contents}
#answer{position:sticky;bottom:0;z-index:1;max-height:40vh;overflow-y:auto;background:var(--paper);
border-top:1px solid var(--grid);margin:0 -1rem;padding:.6rem 1rem .1rem}
}
`.trim();
