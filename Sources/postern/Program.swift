internal import Platform

/// `postern`, from its arguments to its exit code.
package enum Program {
  /// Runs a command line, given without the program's name.
  package static func run(_ arguments: [String], in context: any ProcessContext) -> ExitCode {
    var command: Command?
    do throws(Failure) {
      let arguments = try Arguments(arguments)
      if arguments.has(.help) {
        try context.write(try Help.text(for: arguments.words) + "\n")
        return .success
      }
      if arguments.has(.version) {
        try context.write("postern \(Release.version)\n")
        return .success
      }
      let found = try arguments.command()
      command = found
      try arguments.check(for: found)
      return try run(found, try Invocation(of: found, arguments, in: context))
    } catch {
      return report(error, of: command, in: context)
    }
  }

  /// Runs a command. If damaged ledger files crash it, it reports that they are damaged.
  private static func run(
    _ command: Command, _ invocation: Invocation
  ) throws(Failure) -> ExitCode {
    guard command.readsLedgerFiles else { return try command.body.run(invocation) }
    let ending = try invocation.context.runApart {
      do throws(Failure) { return try command.body.run(invocation) } catch {
        return report(error, of: command, in: invocation.context)
      }
    }
    switch ending {
    case .ended(let code): return code
    case .died(let signal):
      let broken = Verification(broken: "its pages can't be read: signal \(signal)")
      try broken.print(invocation) { _ in "" }
      return .denied
    }
  }

  private static func report(
    _ failure: Failure, of command: Command?, in context: any ProcessContext
  ) -> ExitCode {
    context.writeError(failure.report(for: command) + "\n")
    return failure.exitCode
  }
}
