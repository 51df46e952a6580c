internal import CPQ
@testable internal import FleetStore
internal import TestSupport

/// A session of a database whose transactions stay open between scripts, as another client's may.
final class Session {
  private let handle: PostgresHandle

  init(_ world: World) throws {
    let parameters = try ConnectionString(world.string()).hosts()[0]
    guard
      case .connected(let handle) = ConnectAttempt.connect(
        parameters, limitNanoseconds: 15_000_000_000)
    else { throw FixtureError("no session") }
    self.handle = handle
  }

  /// Carries out a script to its end.
  func execute(_ script: String) throws {
    // SAFETY: the handle is used here only; each result is freed once.
    var succeeded = unsafe cpq_send_script(handle.pointer, script) == 1
    while let result = unsafe cpq_get_result(handle.pointer) {
      let status = unsafe Int(cpq_result_status(result))
      succeeded = succeeded && (status == CPQ_COMMAND_OK || status == CPQ_TUPLES_OK)
      unsafe cpq_clear(result)
    }
    guard succeeded else { throw FixtureError("`\(script)`: \(handle.message)") }
  }
}
