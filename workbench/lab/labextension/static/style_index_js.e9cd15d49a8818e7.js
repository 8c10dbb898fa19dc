"use strict";(self.rspackChunk_ml_workbench_jupyterlab=self.rspackChunk_ml_workbench_jupyterlab||[]).push([["style_index_js"],{"./node_modules/css-loader/dist/cjs.js!./style/base.css"(e,r,o){var t=o("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),a=o.n(t),n=o("./node_modules/css-loader/dist/runtime/api.js"),i=(o.n(n))()(a());i.push([e.id,`/* Only Lab's own colours, so that every theme fits. */
.wb-Panel {
  display: flex;
  flex-direction: column;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  min-width: 240px;
}
.wb-Header {
  display: flex;
  align-items: center;
  gap: 2px;
  padding: 4px 8px 4px 12px;
  border-bottom: var(--jp-border-width) solid var(--jp-toolbar-border-color);
  min-height: 32px;
  box-sizing: border-box;
}
.wb-Header h2 {
  flex: 1;
  min-width: 0;
  margin: 0;
  font-size: var(--jp-ui-font-size1);
  font-weight: 600;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.wb-Search {
  padding: 8px 12px;
}
.wb-Search input {
  width: 100%;
  box-sizing: border-box;
  height: 28px;
  padding: 0 8px;
  border: var(--jp-border-width) solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-input-background);
  color: inherit;
  font: inherit;
}
.wb-Search input::placeholder {
  color: var(--jp-ui-font-color3);
}
.wb-Search input:focus-visible {
  outline: none;
  border-color: var(--jp-input-active-border-color);
  box-shadow: inset 0 0 2px var(--jp-input-active-box-shadow-color, transparent);
}
.wb-Scroll {
  flex: 1;
  min-height: 0;
  overflow: hidden auto;
  position: relative;
  padding-bottom: 12px;
}
.wb-Heading {
  position: sticky;
  top: 0;
  z-index: 1;
  display: flex;
  align-items: center;
  background: var(--jp-layout-color1);
}
.wb-Heading h3 {
  flex: 1;
  margin: 0;
  font-size: inherit;
}
.wb-Heading-toggle {
  display: flex;
  align-items: center;
  gap: 4px;
  width: 100%;
  height: 30px;
  padding: 0 6px;
  border: 0;
  background: transparent;
  color: var(--jp-ui-font-color1);
  font: inherit;
  font-size: var(--jp-ui-font-size0);
  font-weight: 600;
  letter-spacing: 0.04em;
  text-transform: uppercase;
  text-align: left;
  cursor: pointer;
}
.wb-Heading-tools {
  padding-right: 8px;
}
.wb-Caret {
  display: inline-flex;
  transition: transform 0.1s;
}
[aria-expanded='true'] > .wb-Caret {
  transform: rotate(90deg);
}
.wb-Count {
  font-weight: 400;
  color: var(--jp-ui-font-color2);
  letter-spacing: 0;
}
.wb-Row {
  display: flex;
  align-items: center;
  gap: 8px;
  box-sizing: border-box;
  padding: 0 12px 0 12px;
  cursor: default;
  user-select: none;
  border-left: 2px solid transparent;
}
.wb-Row:hover {
  background: var(--jp-layout-color2);
}
.wb-Row[aria-selected='true'] {
  background: color-mix(in srgb, var(--jp-brand-color1) 14%, transparent);
  border-left-color: var(--jp-brand-color1);
}
.wb-Row:focus-visible,
.wb-Heading-toggle:focus-visible,
.wb-Icon:focus-visible,
.wb-Small:focus-visible,
.wb-More:focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: -2px;
}
.wb-Row-lines {
  flex: 1;
  min-width: 0;
}
.wb-Row-line {
  display: flex;
  align-items: center;
  gap: 8px;
  line-height: 20px;
}
.wb-Row-second {
  height: 17px;
  line-height: 17px;
  font-size: var(--jp-ui-font-size0);
  color: var(--jp-ui-font-color2);
}
.wb-Row-name,
.wb-Row-about {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.wb-Row-value {
  flex: none;
  max-width: 55%;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  font-variant-numeric: tabular-nums;
}
.wb-Spark {
  flex: none;
}
.wb-Star {
  color: var(--jp-warn-color1);
}
.wb-Row progress {
  width: 56px;
  height: 5px;
  margin-right: 8px;
  vertical-align: 1px;
}
.wb-Panel progress,
.wb-Status progress {
  appearance: none;
  border: 0;
  border-radius: 3px;
  background: var(--jp-layout-color3);
  overflow: hidden;
}
.wb-Panel progress::-webkit-progress-bar,
.wb-Status progress::-webkit-progress-bar {
  background: var(--jp-layout-color3);
}
.wb-Panel progress::-webkit-progress-value,
.wb-Status progress::-webkit-progress-value {
  background: var(--jp-brand-color1);
  transition: width 0.3s;
}
.wb-Panel progress::-moz-progress-bar,
.wb-Status progress::-moz-progress-bar {
  background: var(--jp-brand-color1);
}
.wb-Dot {
  flex: none;
  width: 8px;
  height: 8px;
  border-radius: 50%;
  background: var(--jp-border-color1);
}
.wb-Dot[data-tone='data'] {
  border-radius: 2px;
  background: var(--jp-brand-color2);
}
.wb-Dot[data-tone='good'] {
  background: var(--jp-success-color1);
}
.wb-Dot[data-tone='live'] {
  background: var(--jp-success-color1);
  box-shadow: 0 0 0 3px color-mix(in srgb, var(--jp-success-color1) 25%, transparent);
}
.wb-Dot[data-tone='busy'] {
  background: var(--jp-brand-color1);
  animation: wb-breathe 1.6s ease-in-out infinite;
}
.wb-Dot[data-tone='warn'] {
  background: var(--jp-warn-color1);
}
.wb-Dot[data-tone='bad'] {
  background: var(--jp-error-color1);
}
@keyframes wb-breathe {
  50% {
    opacity: 0.35;
  }
}
@media (prefers-reduced-motion: reduce) {
  .wb-Dot,
  .wb-Caret {
    animation: none !important;
    transition: none;
  }
}
.wb-Quiet {
  color: var(--jp-ui-font-color2);
}
.wb-Bad {
  color: var(--jp-error-color1);
}
.wb-Chip {
  margin-right: 6px;
  padding: 0 6px;
  border-radius: 8px;
  background: color-mix(in srgb, var(--jp-success-color1) 18%, transparent);
  font-size: var(--jp-ui-font-size0);
  line-height: 16px;
  display: inline-block;
  vertical-align: 1px;
}
.wb-Spark path {
  fill: none;
  stroke: var(--jp-brand-color1);
  stroke-width: 1.3;
  stroke-linejoin: round;
}
.wb-Icon {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  width: 24px;
  height: 24px;
  padding: 0;
  border: 0;
  border-radius: var(--jp-border-radius);
  background: transparent;
  color: inherit;
  cursor: pointer;
}
.wb-Row .wb-Icon {
  width: 18px;
  height: 18px;
}
.wb-Icon:hover:not(:disabled) {
  background: var(--jp-layout-color3);
}
.wb-Icon:disabled {
  opacity: 0.4;
  cursor: default;
}
.wb-Icon svg,
.wb-Heading svg,
.wb-Status svg {
  display: block;
}
.wb-Small {
  height: 24px;
  padding: 0 10px;
  border: var(--jp-border-width) solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font: inherit;
  font-size: var(--jp-ui-font-size0);
  cursor: pointer;
}
.wb-Small:hover {
  background: var(--jp-layout-color2);
}
.wb-More {
  display: block;
  width: 100%;
  padding: 4px 12px 6px 30px;
  border: 0;
  background: transparent;
  color: var(--jp-content-link-color);
  font: inherit;
  font-size: var(--jp-ui-font-size0);
  text-align: left;
  cursor: pointer;
}
.wb-More:hover {
  text-decoration: underline;
}
.wb-Note {
  padding: 4px 12px 10px 30px;
  line-height: 1.4;
}
.wb-Panel > .wb-Note,
.wb-Scroll > .wb-Note {
  padding: 16px 16px 12px;
}
.wb-Note p {
  margin: 0 0 4px;
}
.wb-Note .wb-Quiet {
  font-size: var(--jp-ui-font-size0);
}
.wb-Note .wb-Small {
  margin: 4px 6px 0 0;
}
.wb-Waiting {
  height: 32px;
  margin: 0 12px 8px 30px;
  border-radius: var(--jp-border-radius);
  background: linear-gradient(90deg, var(--jp-layout-color2), var(--jp-layout-color1));
}
.wb-DragImage {
  padding: 4px 10px;
  border-radius: var(--jp-border-radius);
  background: var(--jp-brand-color1);
  color: var(--jp-ui-inverse-font-color1);
  font-size: var(--jp-ui-font-size1);
  white-space: nowrap;
}

/* the status bar */
.wb-Status {
  display: flex;
  align-items: center;
  height: 100%;
}
.wb-Status-line {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  height: 100%;
  padding: 0 6px;
  border: 0;
  background: transparent;
  color: inherit;
  font: inherit;
  line-height: 1;
  cursor: pointer;
}
.wb-Status-line:hover {
  background: var(--jp-layout-color3);
}
.wb-Status progress {
  width: 72px;
  height: 5px;
}

/* the app in a tab */
.wb-AppView > .jp-Toolbar {
  display: none;
}
.wb-AppFrame {
  background: var(--jp-layout-color0);
}
.wb-AppNote {
  position: absolute;
  inset: 0;
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 12px;
  padding: 24px;
  text-align: center;
  background: var(--jp-layout-color0);
  color: var(--jp-ui-font-color2);
}
.wb-AppNote[hidden] {
  display: none;
}

/* dialogs */
.wb-Dialog {
  min-width: min(480px, 80vw);
  max-width: 720px;
  color: var(--jp-ui-font-color1);
  overflow: auto;
}
.wb-Dialog p {
  margin: 6px 0;
  line-height: 1.4;
}
.wb-Fields {
  display: flex;
  flex-wrap: wrap;
  gap: 12px 16px;
  margin-bottom: 12px;
}
.wb-Fields > * {
  flex: 1 1 200px;
}
.wb-Field {
  display: flex;
  flex-direction: column;
  gap: 4px;
}
.wb-Field > span:first-child,
.wb-Frames legend {
  font-weight: 600;
}
.wb-Field .wb-Quiet {
  font-size: var(--jp-ui-font-size0);
}
.wb-First {
  max-width: 100%;
  overflow-x: auto;
  border: var(--jp-border-width) solid var(--jp-border-color2);
  border-radius: var(--jp-border-radius);
}
.wb-First table {
  border-collapse: collapse;
  font-size: var(--jp-ui-font-size0);
  white-space: nowrap;
}
.wb-First th {
  padding: 4px 10px;
  text-align: left;
  border-bottom: var(--jp-border-width) solid var(--jp-border-color2);
}
.wb-First th .wb-Quiet {
  display: block;
  font-weight: 400;
}
.wb-First td {
  padding: 3px 10px;
  max-width: 160px;
  overflow: hidden;
  text-overflow: ellipsis;
}
.wb-First td[data-number] {
  text-align: right;
  font-variant-numeric: tabular-nums;
}
.wb-Frames {
  margin: 0 0 14px;
  padding: 0;
  border: 0;
  max-height: 240px;
  overflow: auto;
}
.wb-Frames label {
  display: flex;
  align-items: baseline;
  gap: 8px;
  padding: 4px 2px;
}
.wb-Frames input {
  margin: 0;
  align-self: center;
}
.wb-Facts {
  display: grid;
  grid-template-columns: max-content minmax(0, 1fr);
  gap: 6px 16px;
  margin: 0;
}
.wb-Facts dt {
  color: var(--jp-ui-font-color2);
}
.wb-Facts dd {
  margin: 0;
  overflow-wrap: anywhere;
}
`,""]),o.d(r,{},{A:i})},"./node_modules/css-loader/dist/runtime/api.js"(e){e.exports=function(e){var r=[];return r.toString=function(){return this.map(function(r){var o="",t=void 0!==r[5];return r[4]&&(o+="@supports (".concat(r[4],") {")),r[2]&&(o+="@media ".concat(r[2]," {")),t&&(o+="@layer".concat(r[5].length>0?" ".concat(r[5]):""," {")),o+=e(r),t&&(o+="}"),r[2]&&(o+="}"),r[4]&&(o+="}"),o}).join("")},r.i=function(e,o,t,a,n){"string"==typeof e&&(e=[[null,e,void 0]]);var i={};if(t)for(var s=0;s<this.length;s++){var l=this[s][0];null!=l&&(i[l]=!0)}for(var d=0;d<e.length;d++){var p=[].concat(e[d]);t&&i[p[0]]||(void 0!==n&&(void 0===p[5]||(p[1]="@layer".concat(p[5].length>0?" ".concat(p[5]):""," {").concat(p[1],"}")),p[5]=n),o&&(p[2]&&(p[1]="@media ".concat(p[2]," {").concat(p[1],"}")),p[2]=o),a&&(p[4]?(p[1]="@supports (".concat(p[4],") {").concat(p[1],"}"),p[4]=a):p[4]="".concat(a)),r.push(p))}},r}},"./node_modules/css-loader/dist/runtime/noSourceMaps.js"(e){e.exports=function(e){return e[1]}},"./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"(e){var r=[];function o(e){for(var o=-1,t=0;t<r.length;t++)if(r[t].identifier===e){o=t;break}return o}function t(e,t){for(var a={},n=[],i=0;i<e.length;i++){var s=e[i],l=t.base?s[0]+t.base:s[0],d=a[l]||0,p="".concat(l," ").concat(d);a[l]=d+1;var c=o(p),u={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==c)r[c].references++,r[c].updater(u);else{var b=function(e,r){var o=r.domAPI(r);return o.update(e),function(r){r?(r.css!==e.css||r.media!==e.media||r.sourceMap!==e.sourceMap||r.supports!==e.supports||r.layer!==e.layer)&&o.update(e=r):o.remove()}}(u,t);t.byIndex=i,r.splice(i,0,{identifier:p,updater:b,references:1})}n.push(p)}return n}e.exports=function(e,a){var n=t(e=e||[],a=a||{});return function(e){e=e||[];for(var i=0;i<n.length;i++){var s=o(n[i]);r[s].references--}for(var l=t(e,a),d=0;d<n.length;d++){var p=o(n[d]);0===r[p].references&&(r[p].updater(),r.splice(p,1))}n=l}}},"./node_modules/style-loader/dist/runtime/insertBySelector.js"(e){var r={};e.exports=function(e,o){var t=function(e){if(void 0===r[e]){var o=document.querySelector(e);if(window.HTMLIFrameElement&&o instanceof window.HTMLIFrameElement)try{o=o.contentDocument.head}catch(e){o=null}r[e]=o}return r[e]}(e);if(!t)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");t.appendChild(o)}},"./node_modules/style-loader/dist/runtime/insertStyleElement.js"(e){e.exports=function(e){var r=document.createElement("style");return e.setAttributes(r,e.attributes),e.insert(r,e.options),r}},"./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"(e,r,o){e.exports=function(e){var r=o.nc;r&&e.setAttribute("nonce",r)}},"./node_modules/style-loader/dist/runtime/styleDomAPI.js"(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var r=e.insertStyleElement(e);return{update:function(o){var t,a,n;t="",o.supports&&(t+="@supports (".concat(o.supports,") {")),o.media&&(t+="@media ".concat(o.media," {")),(a=void 0!==o.layer)&&(t+="@layer".concat(o.layer.length>0?" ".concat(o.layer):""," {")),t+=o.css,a&&(t+="}"),o.media&&(t+="}"),o.supports&&(t+="}"),(n=o.sourceMap)&&"u">typeof btoa&&(t+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(n))))," */")),e.styleTagTransform(t,r,e.options)},remove:function(){var e;null===(e=r).parentNode||e.parentNode.removeChild(e)}}}},"./node_modules/style-loader/dist/runtime/styleTagTransform.js"(e){e.exports=function(e,r){if(r.styleSheet)r.styleSheet.cssText=e;else{for(;r.firstChild;)r.removeChild(r.firstChild);r.appendChild(document.createTextNode(e))}}},"./style/index.js"(e,r,o){var t=o("./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"),a=o.n(t),n=o("./node_modules/style-loader/dist/runtime/styleDomAPI.js"),i=o.n(n),s=o("./node_modules/style-loader/dist/runtime/insertBySelector.js"),l=o.n(s),d=o("./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"),p=o.n(d),c=o("./node_modules/style-loader/dist/runtime/insertStyleElement.js"),u=o.n(c),b=o("./node_modules/style-loader/dist/runtime/styleTagTransform.js"),w=o.n(b),g=o("./node_modules/css-loader/dist/cjs.js!./style/base.css"),f={};f.styleTagTransform=w(),f.setAttributes=p(),f.insert=l().bind(null,"head"),f.domAPI=i(),f.insertStyleElement=u(),a()(g.A,f),g.A&&g.A.locals&&g.A.locals}}]);