/// What the process tells its caller. `validate` and `check` answer a question with it, so a script
/// never takes an error for a yes.
package enum ExitCode: Int32, Sendable {
  /// It is done; of a question: yes.
  case success = 0
  /// The answer to a question is no; of a scan: tokens were found.
  case denied = 1
  /// The arguments mean nothing, or the daemon says that one of them is wrong.
  case misuse = 2
  /// There is no answer.
  case failure = 3
}
