internal import Platform

/// `postern`, from its arguments to its exit code.
package enum Program {
  /// Runs a command line, given without the program's name.
  package static func run(_ arguments: [String], in surroundings: any Surroundings) -> ExitCode {
    var command: Command?
    do throws(Failure) {
      let arguments = try Arguments(arguments)
      if arguments.has(.help) {
        try surroundings.write(try Help.text(for: arguments.words) + "\n")
        return .success
      }
      if arguments.has(.version) {
        try surroundings.write("postern \(Release.version)\n")
        return .success
      }
      let found = try arguments.command()
      command = found
      try arguments.check(for: found)
      return try found.run(try Invocation(found, arguments, surroundings))
    } catch {
      surroundings.writeError(error.report(for: command) + "\n")
      return error.exitCode
    }
  }
}
