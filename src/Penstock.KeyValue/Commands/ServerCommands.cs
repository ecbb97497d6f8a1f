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
        new("shutdown", -1, Shutdown, Admin | NoMulti),
        new("debug", -2, RefuseDebug, Admin),
        new("save", 1, SnapshotCommands.Save, Admin | NoMulti),
        new("bgsave", -1, SnapshotCommands.SaveInBackground, Admin),
        new("bgrewriteaof", 1, SnapshotCommands.RewriteLog, Admin),
        new("lastsave", 1, LastSave, Admin | Fast),
        new("cluster", [
            new("info", 2, RefuseCluster, None),
            new("myid", 2, RefuseCluster, None),
            new("nodes", 2, RefuseCluster, None),
            new("shards", 2, RefuseCluster, None),
            new("slots", 2, RefuseCluster, None),
            new("keyslot", 3, RefuseCluster, None),
        ]),
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
        HashSet<string> words = [];
        for (int i = 1; i < call.Count; i++)
            words.Add(call.TextOf(i).ToLowerInvariant());

        bool contradictory = words.IsSupersetOf(["save", "nosave"]) || (words.Contains("abort") && words.Count > 1);
        if (contradictory || !words.IsSubsetOf(["save", "nosave", "now", "force", "abort"]))
            call.SyntaxError();
        else if (words.Contains("abort"))
            call.Error("ERR No shutdown in progress.");
        else
            call.Database.RequestShutdown();
    }

    private static void RefuseDebug(ref Invocation call) => call.Error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
        + "local connection, otherwise you need to set this option in the configuration file, and then restart the "
        + "server.");

    /// <summary>Clients ask to find out whether there is a cluster; this is how Redis says no.</summary>
    private static void RefuseCluster(ref Invocation call) =>
        call.Error("ERR This instance has cluster support disabled");

    private static void LastSave(ref Invocation call) => call.Reply.Integer(call.Database.LastSnapshotAt);
}
