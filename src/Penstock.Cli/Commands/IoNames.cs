using Penstock.Polling;

namespace Penstock.Cli.Commands;

/// <summary>What the command line calls mechanisms and triggers.</summary>
internal static class IoNames
{
    public static readonly IReadOnlyDictionary<string, IoMechanism> Mechanisms = new Dictionary<string, IoMechanism>
    {
        ["auto"] = IoMechanism.Auto,
        ["io_uring"] = IoMechanism.IoUring,
        ["epoll"] = IoMechanism.Epoll,
        ["poll"] = IoMechanism.Poll,
        ["busy-wait"] = IoMechanism.BusyWait,
        ["kqueue"] = IoMechanism.Kqueue,
        ["sockets"] = IoMechanism.Sockets,
        ["blocking"] = IoMechanism.Blocking,
        ["thread-per-connection"] = IoMechanism.ThreadPerConnection,
    };

    public static readonly IReadOnlyDictionary<string, Trigger> Triggers = new Dictionary<string, Trigger>
    {
        ["level"] = Trigger.Level,
        ["edge"] = Trigger.Edge,
        ["oneshot"] = Trigger.OneShot,
    };

    public static string Of(IoMechanism mechanism) => Mechanisms.First(name => name.Value == mechanism).Key;
}
