// Starts `weft lsp` for texts in Weft.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const settings = workspace.getConfiguration("weft");
  const catalog = settings.get("catalog");
  const args = catalog ? ["lsp", "--catalog", catalog] : ["lsp"];
  const server = { command: settings.get("command"), args };
  client = new LanguageClient("weft", "Weft", server, { documentSelector: [{ language: "weft" }] });
  return client.start();
};

exports.deactivate = () => client && client.stop();
