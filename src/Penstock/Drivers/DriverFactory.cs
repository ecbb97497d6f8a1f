using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>Makes the driver that an option asks for, or says by name why this machine has none such.</summary>
internal static class DriverFactory
{
    /// <summary>
    /// Makes the driver that the options name; <see cref="DriverProbe.Choose"/> has put a name in the place of
    /// <see cref="IoMechanism.Auto"/>. Called on the thread of the loop that will use it.
    /// </summary>
    /// <exception cref="NotSupportedException">This machine lacks the mechanism; the message says why.</exception>
    public static IoDriver Create(LoopOptions options, LoopClock clock, int slots)
    {
        var limits = new DriverLimits(slots, options.MaxReadBytesPerTurn);
        return options.Io switch
        {
            IoMechanism.IoUring => CreateIoUring(options.Trigger, clock, limits),
            IoMechanism.Sockets => CreateSockets(options.Trigger, clock, limits),
            IoMechanism.Blocking or IoMechanism.ThreadPerConnection => CreateBlocking(options, clock, limits),
            _ => new ReadinessDriver(CreatePoller(options.Io), options.Trigger, clock, limits),
        };
    }

    private static SocketDriver CreateSockets(Trigger trigger, LoopClock clock, DriverLimits limits)
    {
        RequireLevel("The sockets driver", trigger);
        return new SocketDriver(clock, limits);
    }

    private static BlockingDriver CreateBlocking(LoopOptions options, LoopClock clock, DriverLimits limits)
    {
        RequireLevel("The blocking driver", options.Trigger);
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException($"{options.Io} needs a POSIX system.");
        return new BlockingDriver(clock, limits, options.ReadSliceTimeouts);
    }

    private static void RequireLevel(string name, Trigger trigger)
    {
        if (trigger != Trigger.Level)
            throw new NotSupportedException($"{name} has no {TriggerNames.Of(trigger)} trigger.");
    }

    private static IoUringDriver CreateIoUring(Trigger trigger, LoopClock clock, DriverLimits limits)
    {
        RequireLevel("io_uring", trigger);
        try
        {
            return new IoUringDriver(IoUringSizes.Default, clock, limits);
        }
        catch (IoUringException refused)
        {
            string reason = new IoUringProbe().Explain(refused.Call, refused.ErrorCode);
            throw new MechanismRefusedException(IoMechanism.IoUring, reason, refused);
        }
    }

    private static Poller CreatePoller(IoMechanism mechanism) => mechanism switch
    {
        IoMechanism.Epoll when OperatingSystem.IsLinux() => new EpollPoller(),
        IoMechanism.Epoll => throw new PlatformNotSupportedException("epoll is a mechanism of Linux; use poll here."),
        IoMechanism.Kqueue when !OperatingSystem.IsWindows() => new KqueuePoller(),
        IoMechanism.Poll when !OperatingSystem.IsWindows() => new PollPoller(),
        IoMechanism.BusyWait when !OperatingSystem.IsWindows() => new SpinPoller(),
        IoMechanism.Kqueue or IoMechanism.Poll or IoMechanism.BusyWait =>
            throw new PlatformNotSupportedException($"{mechanism} needs a POSIX system."),
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, "There is no such mechanism."),
    };
}
