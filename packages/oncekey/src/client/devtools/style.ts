/**
 * How the panel looks. Two themes from one set of names; nothing moves; under forced colours the
 * edges and the signs in the bars say what the colours said.
 */
export const STYLE = `
:host{all:initial;color-scheme:light dark;position:fixed;inset:auto 12px 12px auto;z-index:2147483647;
--ground:light-dark(#fff,#12161e);--raised:light-dark(#f3f5f9,#1b212c);--edge:light-dark(#d5dbe6,#303a4b);
--control:light-dark(#768196,#77839a);--ink:light-dark(#1a1f2b,#e8ebf1);--soft:light-dark(#545e70,#a3adbf);
--accent:light-dark(#4338ca,#a5b4fc);--busy:light-dark(#1d4fa8,#93c5fd);--busy-ground:light-dark(#dfeafc,#16305c);
--good:light-dark(#13693a,#6ee7a0);--good-ground:light-dark(#d8f3e2,#12371f);--gold:light-dark(#7a4a00,#fcd34d);
--gold-ground:light-dark(#fdeab8,#47330a);--grave:light-dark(#a11d1d,#fca5a5);--grave-ground:light-dark(#fde3e3,#451a1a);
--calm:light-dark(#e9edf4,#252d3a);font:13px/1.45 system-ui,sans-serif;color:var(--ink)}
*{box-sizing:border-box}[hidden]{display:none!important}
h2,h3,h4,p,ol,dl,dd,figure{margin:0;padding:0}ol{list-style:none}
h2{font-size:14px}h3{font-size:13px}h4{font-size:12px;color:var(--soft);font-weight:600}
code,dt,dd,.badge,.short,svg text,output{font-family:ui-monospace,"SF Mono","Cascadia Mono","DejaVu Sans Mono",monospace;font-size:12px}
button,textarea,input{font:inherit;color:inherit}
button{background:var(--ground);border:1px solid var(--control);border-radius:6px;padding:3px 9px;cursor:pointer;min-height:28px}
button:hover{border-color:var(--accent)}button:disabled{color:var(--soft);border-style:dashed;cursor:default}
button[aria-pressed=true]{border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:1px}
.hush{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.all{display:flex;flex-direction:column-reverse;align-items:flex-end;gap:8px}
.pill{border-radius:99px;padding:6px 14px;font-weight:650;box-shadow:0 2px 10px #0003}
.pill::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;margin-inline-end:7px;border:2px solid var(--accent)}
.pill[data-phase=SUBMIT]::before{border-color:var(--busy);border-style:dotted}
.pill[data-phase=SUCCESS]::before{border-color:var(--good);background:var(--good)}
.pill[data-phase=FAIL]::before{border-color:var(--grave);border-radius:1px}
.panel{width:min(860px,100vw - 24px);height:min(660px,100vh - 72px);overflow:auto;container-type:inline-size;background:var(--ground);
border:1px solid var(--edge);border-radius:12px;box-shadow:0 10px 40px #0005;display:flex;flex-direction:column}
header{display:flex;flex-wrap:wrap;align-items:center;gap:6px 14px;padding:9px 14px;border-bottom:1px solid var(--edge)}
.counts{color:var(--soft);flex:1}.counts b{color:var(--ink);font-variant-numeric:tabular-nums}
.actions{display:flex;flex-wrap:wrap;gap:6px}
.body{flex:1;min-height:0;display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr)}
.list,.detail{overflow:auto;padding:10px 14px}.list{border-inline-end:1px solid var(--edge);background:var(--raised)}
.list h3,.list h4{margin-bottom:6px}.empty{color:var(--soft)}
.intent{display:grid;grid-template-columns:1fr auto;align-items:center;gap:3px 8px;margin-bottom:10px}
.pick{grid-column:1/-1;display:flex;flex-wrap:wrap;align-items:center;gap:2px 8px;text-align:start;width:100%;border-color:var(--edge)}
.name{font-weight:600;overflow-wrap:anywhere}.pick code{color:var(--soft);overflow-wrap:anywhere;flex:1 0 auto;max-width:100%}
.badge{border:1px solid;border-radius:99px;padding:0 8px;white-space:nowrap;color:var(--soft);background:var(--calm)}
[data-phase=SUBMIT].badge{color:var(--busy);background:var(--busy-ground)}
[data-phase=SUCCESS].badge{color:var(--good);background:var(--good-ground)}
[data-phase=FAIL].badge{color:var(--grave);background:var(--grave-ground)}
[data-status=unknown].badge,[data-status=conflict].badge{color:var(--gold);background:var(--gold-ground)}
.lane{position:relative;height:24px;background:var(--calm);border-radius:5px}
.lane li{position:absolute;inset-block:2px;border:1px solid;border-radius:4px;overflow:hidden;text-align:center;line-height:18px;white-space:nowrap;
color:var(--busy);background:var(--busy-ground)}
.lane [data-kind=busy]{border-style:dashed}
.lane [data-kind=done]{color:var(--good);background:var(--good-ground)}
.lane [data-kind=replay]{color:var(--gold);background:var(--gold-ground)}
.lane [data-kind=lost],.lane [data-kind=no]{color:var(--grave);background:var(--grave-ground)}
.lane [data-kind=lost]{border-style:dashed}
.lane [data-kind=pausing],.lane [data-kind=watching],.lane [data-kind=asking]{inset-block:10px;border:0;border-top:2px dotted var(--soft);border-radius:0;background:none}
.ms{color:var(--soft);font-variant-numeric:tabular-nums;min-width:52px;text-align:end}
.detail{display:flex;flex-direction:column;gap:9px}
.news:empty,.armed:empty{display:none}.news{color:var(--accent);font-weight:600}
textarea{width:100%;background:var(--raised);border:1px solid var(--control);border-radius:6px;font-family:ui-monospace,monospace;font-size:12px}
svg{width:100%;max-width:460px;display:block}
svg path{fill:none;stroke:var(--edge);stroke-width:1}
svg path.next{stroke:var(--accent);stroke-dasharray:3 3}svg path.gone{stroke:var(--accent);stroke-width:2.5}
svg rect{fill:var(--ground);stroke:var(--control)}svg text{fill:var(--ink);text-anchor:middle;font-size:11px}
svg .phase{fill:var(--soft);font-size:9px;font-weight:600;letter-spacing:.06em}
svg .now rect{stroke-width:2.5;stroke:var(--busy);fill:var(--busy-ground)}svg .now text{font-weight:700}
svg [data-phase=READY].now rect{stroke:var(--accent);fill:var(--calm)}
svg [data-phase=SUCCESS].now rect{stroke:var(--good);fill:var(--good-ground)}
svg [data-phase=FAIL].now rect{stroke:var(--grave);fill:var(--grave-ground)}
svg [data-status=unknown].now rect,svg [data-status=conflict].now rect{stroke:var(--gold);fill:var(--gold-ground)}
dl{display:grid;grid-template-columns:auto 1fr;gap:1px 10px}dt{color:var(--soft)}dd{overflow-wrap:anywhere}
.state,.ways{grid-template-columns:auto 1fr auto 1fr}[data-new]{font-weight:700;color:var(--accent)}[data-new]::before{content:"▸ "}
.scrub{display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px;margin-block:3px 6px}
input{flex:1 1 160px;accent-color:var(--accent);min-height:24px;margin:0}
.effects{color:var(--soft);margin-top:4px}
.faults{display:flex;flex-wrap:wrap;align-items:center;gap:6px 12px;padding:9px 14px;border-top:1px solid var(--edge)}
.armed{color:var(--grave);font-weight:600}
@container (max-width:600px){.body{display:block;flex:none}.list,.detail{overflow:visible}.list{border-inline-end:0}.state,.ways{grid-template-columns:auto 1fr}}
@media (forced-colors:active){.lane li,.badge{forced-color-adjust:auto}svg rect{fill:Canvas;stroke:CanvasText}svg text{fill:CanvasText}
svg path{stroke:GrayText}svg path.gone{stroke:Highlight}svg .now rect{stroke:Highlight!important;stroke-width:4;fill:Canvas!important}
button[aria-pressed=true]{outline:2px solid Highlight}}
`;
