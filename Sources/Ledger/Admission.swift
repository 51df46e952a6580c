/// Which entries of a batch find room, and which have to leave it to others.
///
/// The last of the room is reserved for changes that only take rights away, see `StoreRoom`. A
/// command that does anything else is admitted or refused with its first entry of that kind, so
/// that none ends in the middle; a reserve has room for the largest.
struct Admission {
  enum Verdict {
    case admitted
    /// The command, which has changed nothing, has to wait: for room, or for a clock that is right.
    case refused
    /// There is no room left for it in this batch, or it has appended already: the batch must be
    /// dropped, and alone the command may have enough.
    case full
  }

  /// The room when the batch began.
  let room: StoreRoom
  /// The room that is left for every change, by an estimate of what the entries take.
  private var openBytes: Int
  /// Whether nothing is admitted but what takes rights away, whatever room there is.
  var refusesGrants = false
  /// The entries before those of the command that is decided.
  private var entriesBefore = 0
  private var isAdmitted = false

  /// The room that an entry takes beside itself: copies of the pages of the tables that it changes.
  private static let minimumBytes = 16 << 10

  init(_ room: StoreRoom) {
    self.room = room
    openBytes = room.openBytes
  }

  /// Begins with the next command, behind so many entries.
  mutating func beginCommand(entryCount: Int) {
    entriesBefore = entryCount
    isAdmitted = false
  }

  /// Whether the batch should end, so that the next one finds the room that there is by then.
  var isSpent: Bool { openBytes < Self.minimumBytes && room.openBytes >= Self.minimumBytes }

  /// Takes room for an entry of so many bytes behind `entryCount` others.
  mutating func take(_ byteCount: Int, onlyTakesAway: Bool, entryCount: Int) -> Verdict {
    let bytes = Self.minimumBytes + 2 * byteCount
    if !onlyTakesAway, !isAdmitted {
      if refusesGrants, entryCount == entriesBefore { return .refused }
      guard openBytes >= bytes else {
        return entryCount == entriesBefore && room.openBytes < bytes ? .refused : .full
      }
      isAdmitted = true
    }
    openBytes -= bytes
    return .admitted
  }
}
