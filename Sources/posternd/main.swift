internal import Foundation
internal import Platform
internal import Server

do {
  let request = try Configuration.parse(
    arguments: Array(CommandLine.arguments.dropFirst()),
    environment: ProcessInfo.processInfo.environment)
  switch request {
  case .help: print(Configuration.help, terminator: "")
  case .version: print("posternd \(Server.version)")
  case .serve(let configuration): try Server.run(configuration)
  }
} catch {
  StandardError.write("posternd: \(error.message)\n")
  exit(1)
}
