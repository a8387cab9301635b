// How the program's --help looks and how a mistake on the command line is told.
#pragma once

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace freshet::app {

// Lays out the help of the program and its subcommands: `--ping TIME   what it does [25s]`, within
// 80 columns. REQUIRES: before the subcommands are added, which inherit it.
void lay_out_help(CLI::App& program);

// Prints the help that was asked for (0), or on stderr what is wrong and where help is (2).
int explain(CLI::App& program, const CLI::ParseError& error);

}  // namespace freshet::app
