using System.Globalization;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>The server as a whole.</summary>
internal static class ServerCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("info", -1, Info, None),
        new("time", 1, Time, Fast),
        new("shutdown", -1, Shutdown, Admin),
        new("debug", -2, RefuseDebug, Admin),
        new("save", 1, Save, Admin),
        new("bgsave", -1, Save, Admin),
        new("bgrewriteaof", 1, Save, Admin),
        new("lastsave", 1, LastSave, Admin | Fast),
    ];

    private static void Info(ref Invocation call)
    {
        var wanted = new List<string>();
        for (int i = 1; i < call.Count; i++)
            wanted.Add(call.TextOf(i).ToLowerInvariant());
        call.Reply.Text(ServerInformation.Describe(call.Loop, wanted));
    }

    private static void Time(ref Invocation call)
    {
        DateTimeOffset now = call.Database.Time.GetUtcNow();
        long microseconds = (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        call.Reply.Array(2);
        call.Reply.Bulk((microseconds / 1_000_000).ToString(CultureInfo.InvariantCulture));
        call.Reply.Bulk((microseconds % 1_000_000).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>As Redis does, it says nothing when it succeeds: the connection ends with the server.</summary>
    private static void Shutdown(ref Invocation call)
    {
        for (int i = 1; i < call.Count; i++)
        {
            if (call.Is(i, "save"u8) || call.Is(i, "nosave"u8) || call.Is(i, "now"u8) || call.Is(i, "force"u8))
                continue;
            call.SyntaxError();
            return;
        }

        call.Database.RequestShutdown();
    }

    private static void RefuseDebug(ref Invocation call) => call.Reply.Error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
        + "local connection, otherwise you need to set this option in the configuration file, and then restart the "
        + "server.");

    private static void Save(ref Invocation call)
    {
        if (call.Database.Log is null)
        {
            call.Reply.Error("ERR there is nothing to save to: the server runs without --data");
            return;
        }

        call.Database.RequestCompaction();
        call.Reply.Simple("Background saving started"u8);
    }

    private static void LastSave(ref Invocation call) => call.Reply.Integer(call.Database.LastSnapshotAt);
}
