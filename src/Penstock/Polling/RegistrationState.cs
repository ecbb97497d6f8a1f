namespace Penstock.Polling;

/// <summary>Whether a descriptor is being watched.</summary>
internal enum RegistrationState
{
    Unknown,
    Watched,

    /// <summary>
    /// A one-shot registration after its event: unknown to everybody but <see cref="Poller.Remove"/>, whose caller
    /// cannot know whether the event is already under way.
    /// </summary>
    Fired,
}
