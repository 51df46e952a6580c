/// What acts when a descriptor is ready.
package protocol EventHandler: AnyObject {
  /// Called on the loop's thread, again and again as long as the descriptor stays ready.
  ///
  /// The handler may add, modify and remove any registration, its own included.
  func ready(_ readiness: Readiness)
}
