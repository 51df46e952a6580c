internal import Glibc
internal import Platform
internal import Server

// SAFETY: no thread has been started that could change the environment.
var environment: [String: String] = [:]
for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"] {
  if let value = unsafe getenv(name) { environment[name] = unsafe String(cString: value) }
}
do {
  let request = try Configuration.parse(
    arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)
  switch request {
  case .help: print(Configuration.help, terminator: "")
  case .version: print("posternd \(Release.version)")
  case .serve(let configuration): try Server.run(configuration)
  }
} catch {
  StandardError.write("posternd: \(error.message)\n")
  exit(1)
}
