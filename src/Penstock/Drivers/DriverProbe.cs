using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers;

/// <summary>
/// Finds out which mechanisms work on this machine, by trying, and says of the others why they do not.
/// </summary>
public static class DriverProbe
{
    /// <summary>Best first; see docs/decisions/0010-default-mechanism.md.</summary>
    private static readonly IoMechanism[] Preferred = Preference();

    /// <summary>Tries every mechanism once.</summary>
    public static IReadOnlyList<MechanismReport> Examine() =>
    [
        .. from mechanism in Enum.GetValues<IoMechanism>()
           where mechanism != IoMechanism.Auto
           select new MechanismReport(mechanism, Refusal(mechanism)),
    ];

    /// <summary>What <see cref="IoMechanism.Auto"/> stands for on this machine.</summary>
    public static IoMechanism Best => Choose(IoMechanism.Auto, Trigger.Level, []).Mechanism;

    /// <summary>
    /// Takes what was asked for, untried, or the best that works when the choice was left open. io_uring leaves it open
    /// as well, for where it is refused: see docs/decisions/0010-default-mechanism.md.
    /// </summary>
    /// <param name="asked">What the options say.</param>
    /// <param name="trigger">Likewise; a readiness mechanism has to have it.</param>
    /// <param name="failed">What was tried already and failed in spite of a good probe, as when a limit on memory
    /// leaves room for the rings of some loops but not of all.</param>
    internal static MechanismChoice Choose(IoMechanism asked, Trigger trigger, IReadOnlyList<MechanismReport> failed)
    {
        if (!IsOpen(asked, trigger))
            return new MechanismChoice(asked, []);

        List<MechanismReport> refusals = [.. failed];
        foreach (IoMechanism mechanism in Candidates(asked, trigger))
        {
            if (failed.Any(report => report.Mechanism == mechanism))
                continue;
            if (Refusal(mechanism) is not { } refusal)
                return new MechanismChoice(mechanism, refusals);
            refusals.Add(new MechanismReport(mechanism, refusal));
        }

        throw new PlatformNotSupportedException(string.Join(' ', refusals.Select(report => report.Refusal)));
    }

    /// <summary>Whether another mechanism may take the place of the one that was asked for.</summary>
    internal static bool IsOpen(IoMechanism asked, Trigger trigger) =>
        asked == IoMechanism.Auto || (asked == IoMechanism.IoUring && trigger == Trigger.Level);

    private static IEnumerable<IoMechanism> Candidates(IoMechanism asked, Trigger trigger)
    {
        IEnumerable<IoMechanism> others = Preferred.Where(mechanism => mechanism != IoMechanism.IoUring);
        if (asked == IoMechanism.IoUring)
            return others.Prepend(IoMechanism.IoUring);

        // Only readiness has triggers, so asking for one is asking for a mechanism that reports it.
        return trigger == Trigger.Level ? Preferred : others;
    }

    private static string? Refusal(IoMechanism mechanism) => mechanism switch
    {
        IoMechanism.IoUring => new IoUringProbe().Refusal(),
        IoMechanism.Epoll when !OperatingSystem.IsLinux() => "epoll is a mechanism of Linux.",
        IoMechanism.Sockets => null,
        _ when OperatingSystem.IsWindows() => "it needs a POSIX system.",
        IoMechanism.Kqueue when !OperatingSystem.IsWindows() => KqueueRefusal(),
        _ => null,
    };

    private static IoMechanism[] Preference()
    {
        if (OperatingSystem.IsLinux())
            return [IoMechanism.Epoll, IoMechanism.IoUring, IoMechanism.Poll, IoMechanism.Sockets];
        return OperatingSystem.IsWindows()
            ? [IoMechanism.Sockets]
            : [IoMechanism.Kqueue, IoMechanism.Poll, IoMechanism.Sockets];
    }

    [UnsupportedOSPlatform("windows")]
    private static string? KqueueRefusal()
    {
        try
        {
            using var poller = new KqueuePoller();
            return null;
        }
        catch (Exception refused) when (refused is NotSupportedException or IOException or DllNotFoundException)
        {
            return refused.Message;
        }
    }
}
