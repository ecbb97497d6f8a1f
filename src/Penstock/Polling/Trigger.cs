namespace Penstock.Polling;

/// <summary>How often a <see cref="Poller"/> reports a descriptor that stays ready.</summary>
public enum Trigger
{
    /// <summary>
    /// In every wait for as long as it is ready. The default, because nothing is lost by reading only a part; but
    /// whoever does not want to read must pause, or the loop spins.
    /// </summary>
    Level,

    /// <summary>
    /// When something new happens. Read or write until EAGAIN: what is left over is not reported again. Adding and
    /// modifying report the present state once.
    /// </summary>
    Edge,

    /// <summary>
    /// Once, and then the registration is forgotten. <see cref="Poller.Add"/> with this trigger arms it again.
    /// </summary>
    OneShot,

    /// <summary>
    /// Once, and then the registration is kept but silent. <see cref="Poller.Modify"/> arms it again.
    /// </summary>
    Dispatch,
}
