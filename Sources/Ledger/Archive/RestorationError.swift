/// Why a copy was not restored. Nothing is left of it.
package enum RestorationError: Error, Sendable, Equatable {
  /// There is a ledger in the folder already.
  case occupied
  /// A daemon runs with the folder; nil if its number can't be read.
  case served(processID: Int32?)
  /// The copy is no ledger, or is damaged.
  case damaged(String)
  /// There is no copy at the path: why, as one sentence.
  case noCopy(String)
  /// Something outside failed.
  case failed(String)
}
