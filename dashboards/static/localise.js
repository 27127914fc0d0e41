// The page's language is the URL's. Streamlit has no setting for the language of its own words: in Chinese this
// replaces those that readers meet, and gives them back when the reader changes to English.
(() => {
  const words = new Map(Object.entries({
    "Running...": "正在计算…",
    "Stopping...": "正在停止…",
    "Stop": "停止",
    "Please wait...": "请稍候…",
    "Connecting": "正在连接",
    "CONNECTING": "正在连接",
    "Connection error": "连接中断",
    "Connection timed out.": "连接超时。",
    "Connection failed": "连接未成功",
    "Connecting to Streamlit server": "正在连接服务",
    "Unable to connect to Streamlit server": "无法连接服务",
    "Reconnected to server.": "已重新连接。",
    "Try again": "重试",
    "Streamlit server is not responding. Are you connected to the internet?": "服务没有回应，请检查网络。",
    "Connection lost. Please wait for the app to reconnect, then try again.": "连接中断，请待恢复后重试。",
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:": "服务已停止，请重新运行：",
    "Script execution error": "本页出错",
    "Download failed": "下载未成功，请重试。",
    "No results": "没有结果",
    "No options to select": "没有可选项",
    "No options to select.": "没有可选项",
    "Choose an option": "请选择",
    "Select all": "全选",
    "Multiselect options": "可选项",
    "Selectbox options": "可选项",
    "Selected values": "已选",
    "Press Enter to apply": "按回车键应用",
    "Press enter to apply": "按回车键应用",
    "Invalid input.": "输入无效。",
    "Page not found": "没有这个页面",
    "View less": "收起",
    "View fullscreen": "全屏查看",
    "Fullscreen": "全屏查看",
    "Close fullscreen": "退出全屏",
    "Clear value": "清除",
    "Clear entry": "清除",
    "Clear all": "清除",
    "Clear": "清除",
    "Open": "展开",
    "Close": "关闭",
    "Close sidebar": "收起侧栏",
    "Collapse sidebar": "收起侧栏",
    "Open sidebar": "展开侧栏",
    "Expand sidebar": "展开侧栏",
    "App pages": "页面",
    "Sidebar": "侧栏",
    "Main menu": "菜单",
    "open": "展开",
    "Navigate to home page": "回到总览",
    "Logo": "标志",
    "App Logo": "标志",
    "Header Logo": "标志",
    "Sidebar Logo": "标志",
    "Skip to main content": "跳到正文",
    "Upload": "选择文件",
    "Error:": "注意：",
    "Add files": "再加文件",
    "Drag and drop a file here": "将文件拖到这里",
    "Drag and drop files here": "将文件拖到这里",
    "Error uploading file": "上传未成功，请重试。",
    "Unexpected error. Please try again.": "上传未成功，请重试。",
    "Number is above the allowed range.": "数值超出范围。",
    "Number is below the allowed range.": "数值超出范围。",
    "Increment": "增加",
    "Decrement": "减少",
  }));
  // Words with something of the reader's in them.
  const patterns = [
    [/^(\d+(?:\.\d+)?[KMG]B) per file$/, "单个文件不超过 $1"],
    [/^File must be (.+) or smaller\.$/, "文件超过 $1，未检查；请拆分后再放入。"],
    [/^(.+) files are not allowed\.$/, "不接受 $1 类型的文件。"],
    [/^Remove (.+)$/, "移除 $1"],
    [/^Cancel upload of (.+)$/, "取消上传 $1"],
    [/^View (\d+) more$/, "展开其余 $1 页"],
    [/^Select (\d+) matches$/, "选择 $1 个匹配项"],
    [/^You can only select up to (\d+) options?\. Remove an option first\.$/, "最多选 $1 项，请先移除一项。"],
    [/^You have requested page (.+), but no corresponding file was found.*$/, "没有页面 $1，已转到总览。"],
    [/^The page that you have requested does not seem to exist.*$/, "没有这个页面，已转到总览。"],
    [/^Number is (?:above|below) the allowed range\. Please enter a value (?:less|greater) than or equal to (.+)\.$/, "数值超出范围（界限 $1）。"],
    [/^Number is outside the allowed range\. Please enter a value between (.+) and (.+)\.$/, "数值应在 $1 与 $2 之间。"],
  ];
  // Said otherwise in both languages: Streamlit speaks to its programmer here.
  const failed = /^This app has encountered an error\.[\s\S]*$/;
  const failure = {
    "zh-CN": "本页出错，未能显示。请刷新页面；仍不能显示时，请把时间和网址告知系统管理员。",
    en: "This page failed and cannot be shown. Reload it; if it fails again, tell your administrator the time and the address.",
  };
  const attributes = ["aria-label", "title", "placeholder", "alt"];
  // Node → what of it was replaced: name of the attribute (none for a text) → [Streamlit's word, what stands for it].
  const replaced = new WeakMap();
  const language = () => (new URLSearchParams(window.location.search).get("lang") === "en" ? "en" : "zh-CN");

  const translate = (text, lang) => {
    if (failed.test(text)) return failure[lang];
    if (lang === "en") return undefined;
    const known = words.get(text);
    if (known || !text) return known;
    const found = patterns.find(([pattern]) => pattern.test(text));
    return found && text.replace(...found);
  };
  // What stands there now, put into the page's language; nothing when it stays.
  const other = (node, name, now) => {
    const [known, shown] = replaced.get(node)?.get(name) ?? [];
    const source = now === shown ? known : now;
    const text = translate(source.trim(), document.documentElement.lang) ?? source;
    if (text === now) return undefined;
    if (!replaced.has(node)) replaced.set(node, new Map());
    replaced.get(node).set(name, [source, text]);
    return text;
  };
  const swap = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      // Only Streamlit's words: our tables and headings hold data.
      if (node.parentElement?.closest('[data-testid="stHtml"], [data-testid="stText"]')) return;
      const text = other(node, "", node.data);
      if (text) node.data = text;
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const name of attributes) {
      const now = node.getAttribute(name);
      const text = now && other(node, name, now);
      if (text) node.setAttribute(name, text);
    }
    node.childNodes.forEach(swap);
  };
  const follow = () => {
    if (document.documentElement.lang === language()) return;
    document.documentElement.lang = language();
    swap(document.body);
  };
  // Streamlit changes the URL without loading the page anew.
  for (const name of ["pushState", "replaceState"]) {
    const own = window.history[name].bind(window.history);
    window.history[name] = (...given) => { own(...given); follow(); };
  }
  window.addEventListener("popstate", follow);

  const watch = () => {
    swap(document.body);
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === "childList") change.addedNodes.forEach(swap);
        else swap(change.target);
      }
    }).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: attributes,
    });
  };
  if (document.body) watch();
  else document.addEventListener("DOMContentLoaded", watch);
})();
