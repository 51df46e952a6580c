/// Sockets that a service manager made, and passed to this process at its start.
///
/// The protocol is three variables: LISTEN_PID, the process that is meant; LISTEN_FDS, how many
/// descriptors it has from number 3 on; LISTEN_FDNAMES, their names between colons. A child of the
/// process that is meant inherits all three, and must not take them for its own.
package enum SocketActivation {
  private static let firstDescriptor: Int32 = 3
  private static let maximumCount = 256

  /// Takes over the sockets that were passed; none, where this process was not started so.
  ///
  /// The variables are removed. Hazard: call this once, and before the first thread.
  ///
  /// - Throws: `ActivationError`, whose text says what to do next. Nothing is served by halves: one
  ///   descriptor that is no listening Unix stream socket with a path refuses them all.
  package static func takeSockets() throws(ActivationError) -> [InheritedSocket] {
    let listenPID = ProcessEnvironment.take("LISTEN_PID")
    let listenFDs = ProcessEnvironment.take("LISTEN_FDS")
    let listenNames = ProcessEnvironment.take("LISTEN_FDNAMES")
    _ = ProcessEnvironment.take("LISTEN_PIDFDID")
    let names = try names(
      processID: listenPID, count: listenFDs, names: listenNames,
      ownProcessID: ProcessControl.processID)
    var sockets: [InheritedSocket] = []
    for (index, name) in names.enumerated() {
      sockets.append(
        try InheritedSocket(descriptor: firstDescriptor + Int32(index), name: name))
    }
    return sockets
  }

  /// Reads the manager's variables.
  ///
  /// - Parameters:
  ///   - processID: the value of LISTEN_PID, if it is set.
  ///   - count: the value of LISTEN_FDS, if it is set.
  ///   - names: the value of LISTEN_FDNAMES, if it is set; without it all are `unknown`.
  ///   - ownProcessID: this process.
  /// - Returns: the name of each descriptor; nothing where another process is meant.
  /// - Throws: `ActivationError` for values that the protocol doesn't have.
  package static func names(
    processID: String?, count: String?, names: String?, ownProcessID: Int32
  ) throws(ActivationError) -> [String] {
    guard let processID, let count else { return [] }
    guard let meant = Int32(processID), meant > 0 else {
      throw .malformed(variable: "LISTEN_PID", value: processID)
    }
    guard meant == ownProcessID else { return [] }
    guard let number = Int(count), (0...maximumCount).contains(number) else {
      throw .malformed(variable: "LISTEN_FDS", value: count)
    }
    guard let names, number > 0 else { return Array(repeating: "unknown", count: number) }
    let given = names.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard given.count == number else {
      throw .namesDiffer(nameCount: given.count, descriptorCount: number)
    }
    return given
  }
}
