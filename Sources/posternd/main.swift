internal import Glibc
internal import Platform
internal import Server

do throws(ConfigurationError) {
  let arguments = try prepare()
  if let code = CheckProcess.run(arguments) { exit(code) }
  switch try Configuration.parse(arguments: arguments, environment: environment()) {
  case .help: write(Configuration.help)
  case .version: write("posternd \(Release.version)\n")
  case .serve(let configuration): try Server.run(configuration)
  }
} catch {
  StandardError.offer("posternd: \(error.message)\n")
  exit(1)
}

/// Opens standard streams that are closed, before anything else is opened, and returns the
/// arguments.
func prepare() throws(ConfigurationError) -> [String] {
  do throws(Errno) { try StandardStreams.openClosed() } catch {
    throw ConfigurationError("/dev/null can't be opened for a closed stream: \(error)")
  }
  guard let arguments = ProcessArguments.behindName else {
    throw ConfigurationError("it was started without any argument, its name included")
  }
  return arguments
}

func environment() -> [String: String] {
  var environment: [String: String] = [:]
  for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"] {
    // SAFETY: no thread has been started that could change the environment.
    if let value = unsafe getenv(name) { environment[name] = unsafe String(cString: value) }
  }
  return environment
}

/// Writes an answer, or ends with the code that `postern` has for one that is lost.
func write(_ text: String) {
  do throws(Errno) { try StandardOutput.write(text) } catch {
    StandardError.offer("posternd: can't write to standard output: \(error)\n")
    exit(3)
  }
}
