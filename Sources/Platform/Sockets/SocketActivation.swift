/// Sockets that a service manager made and passed to this process at its start.
///
/// The protocol has three variables: LISTEN_PID, the process that the sockets are for; LISTEN_FDS,
/// the number of descriptors, starting at 3; LISTEN_FDNAMES, their names separated by colons. A
/// child of that process inherits all three and must not use them.
package enum SocketActivation {
  private static let firstDescriptor: Int32 = 3
  private static let maximumCount = 256

  /// Takes over the sockets that were passed; empty if none were.
  ///
  /// Removes the variables. Hazard: call this once, before the first thread starts.
  ///
  /// - Throws: `ActivationError`, whose text says what to do next. One descriptor that is not a
  ///   listening Unix stream socket with a path makes the whole call fail.
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
  ///   - names: the value of LISTEN_FDNAMES, if it is set; otherwise all names are `unknown`.
  ///   - ownProcessID: this process.
  /// - Returns: the name of each descriptor; empty if the sockets are for another process.
  /// - Throws: `ActivationError` for values that the protocol doesn't allow.
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

/// Why the sockets that a service manager passed can't be served, and what to do about it.
package enum ActivationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A variable has a value that the protocol doesn't allow.
  case malformed(variable: String, value: String)
  /// The number of names differs from the number of descriptors.
  case namesDiffer(nameCount: Int, descriptorCount: Int)
  /// The number is not an open descriptor.
  case notOpen(descriptor: Int32, name: String)
  /// The descriptor is not a listening Unix stream socket.
  case notAListener(descriptor: Int32, name: String, found: String)
  /// The socket has no path: any process could open it.
  case abstract(descriptor: Int32, name: String, address: String)
  /// A call failed.
  case failed(descriptor: Int32, name: String, error: Errno)

  package var description: String {
    switch self {
    case .malformed(let variable, let value):
      "the environment has \(variable)=`\(value)`, which is not a valid number: "
        + "let the service manager set it, or unset it"
    case .namesDiffer(let nameCount, let descriptorCount):
      "LISTEN_FDNAMES has \(nameCount) names for \(descriptorCount) sockets: "
        + "let the service manager set both"
    case .notOpen(let descriptor, let name):
      "\(Self.subject(descriptor, name)) is not open: "
        + "LISTEN_FDS says more than the service manager passed"
    case .notAListener(let descriptor, let name, let found):
      "\(Self.subject(descriptor, name)) is \(found), and a Unix stream socket that listens is "
        + "needed: use ListenStream= with a path, and Accept=no"
    case .abstract(let descriptor, let name, let address):
      "\(Self.subject(descriptor, name)) is the abstract socket `\(address)`, which any process "
        + "could open: use ListenStream= with a path"
    case .failed(let descriptor, let name, let error):
      "\(Self.subject(descriptor, name)) can't be used: \(error)"
    }
  }

  private static func subject(_ descriptor: Int32, _ name: String) -> String {
    "the inherited descriptor \(descriptor) (`\(name)`)"
  }
}
