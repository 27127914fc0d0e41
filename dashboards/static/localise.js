// Streamlit has no setting for the language of its own words; this replaces those that readers meet.
(() => {
  if (document.documentElement.lang !== "zh-CN") return;
  const words = new Map(Object.entries({
    "Running...": "正在计算…",
    "Stop": "停止",
    "Connecting": "正在连接",
    "CONNECTING": "正在连接",
    "Connection error": "连接中断",
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:": "服务已停止，请重新运行：",
    "No results": "没有结果",
    "No options to select": "没有可选项",
    "No options to select.": "没有可选项",
    "Choose an option": "请选择",
    "Press Enter to apply": "按回车键应用",
    "Press enter to apply": "按回车键应用",
    "Page not found": "没有这个页面",
    "View fullscreen": "全屏查看",
    "Fullscreen": "全屏查看",
    "Close fullscreen": "退出全屏",
    "Clear value": "清除",
    "Clear all": "清除",
    "Clear": "清除",
    "Open": "展开",
    "Close sidebar": "收起侧栏",
    "Collapse sidebar": "收起侧栏",
    "Open sidebar": "展开侧栏",
    "Expand sidebar": "展开侧栏",
    "Main menu": "菜单",
    "open": "展开",
    "Navigate to home page": "回到总览",
    "Logo": "标志",
    "Skip to main content": "跳到正文",
    "Upload": "选择文件",
    "Error:": "注意：",
    "Add files": "再加文件",
    "Drag and drop files here": "将文件拖到这里",
    "Unexpected error. Please try again.": "上传未成功，请重试。",
    "Increment": "增加",
    "Decrement": "减少",
  }));
  // Words with something of the reader's in them.
  const patterns = [
    [/^(\d+(?:\.\d+)?[KMG]B) per file$/, "单个文件不超过 $1"],
    [/^File must be (.+) or smaller\.$/, "文件超过 $1，未检查；请拆分后再放入。"],
    [/^Remove (.+)$/, "移除 $1"],
    [/^Cancel upload of (.+)$/, "取消上传 $1"],
  ];
  const translate = (text) => {
    const known = words.get(text);
    if (known || !text) return known;
    const found = patterns.find(([pattern]) => pattern.test(text));
    return found && text.replace(...found);
  };
  const attributes = ["aria-label", "title", "placeholder", "alt"];
  const swap = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = translate(node.data.trim());
      // Only Streamlit's words: our tables and headings hold data.
      if (text && !node.parentElement?.closest('[data-testid="stHtml"], [data-testid="stText"]')) node.data = text;
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const name of attributes) {
      const text = translate(node.getAttribute(name)?.trim());
      if (text) node.setAttribute(name, text);
    }
    node.childNodes.forEach(swap);
  };
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
