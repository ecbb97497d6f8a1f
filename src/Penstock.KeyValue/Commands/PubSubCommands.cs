using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>Messages to whoever listens.</summary>
internal static class PubSubCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("subscribe", -2, Subscribe, PubSub | WhileSubscribed),
        new("unsubscribe", -1, Unsubscribe, PubSub | WhileSubscribed),
        new("psubscribe", -2, SubscribeToPatterns, PubSub | WhileSubscribed),
        new("punsubscribe", -1, UnsubscribeFromPatterns, PubSub | WhileSubscribed),
        new("publish", 3, Publish, PubSub | Fast),
        new("pubsub", [
            new("channels", -2, Channels, PubSub),
            new("numsub", -2, CountSubscribers, PubSub),
            new("numpat", 2, CountPatterns, PubSub),
        ]),
    ];

    /// <summary>Ends every subscription of a client that leaves or starts over.</summary>
    public static void Forget(KeyValueDatabase database, Session session)
    {
        if (session.Subscriptions is not { } subscriptions)
            return;
        foreach (byte[] channel in subscriptions.Channels)
            database.Publications.Remove(channel, isPattern: false, session);
        foreach (byte[] pattern in subscriptions.Patterns)
            database.Publications.Remove(pattern, isPattern: true, session);
        session.Subscriptions = null;
        session.UpdateNeedsCare();
    }

    /// <summary>
    /// Gives a client another version of the protocol; what it subscribed to comes in that from now on.
    /// </summary>
    public static void SwitchProtocol(KeyValueDatabase database, Session session, bool resp3)
    {
        if (session.IsResp3 == resp3)
            return;
        Subscriptions? kept = session.Subscriptions;
        Forget(database, session);
        session.IsResp3 = resp3;
        if (kept is null)
            return;
        foreach (byte[] channel in kept.Channels)
            database.Publications.Add(channel, isPattern: false, session);
        foreach (byte[] pattern in kept.Patterns)
            database.Publications.Add(pattern, isPattern: true, session);
        session.Subscriptions = kept;
        session.UpdateNeedsCare();
    }

    private static void Subscribe(ref Invocation call) => Add(ref call, "subscribe"u8, isPattern: false);

    private static void SubscribeToPatterns(ref Invocation call) => Add(ref call, "psubscribe"u8, isPattern: true);

    private static void Unsubscribe(ref Invocation call) => Remove(ref call, "unsubscribe"u8, isPattern: false);

    private static void UnsubscribeFromPatterns(ref Invocation call) =>
        Remove(ref call, "punsubscribe"u8, isPattern: true);

    private static void Add(ref Invocation call, ReadOnlySpan<byte> kind, bool isPattern)
    {
        Session session = call.Session;
        Subscriptions subscriptions = session.Subscriptions ??= new Subscriptions();
        for (int i = 1; i < call.Count; i++)
        {
            byte[] name = call[i].ToArray();
            if ((isPattern ? subscriptions.Patterns : subscriptions.Channels).Add(name))
                call.Database.Publications.Add(name, isPattern, session);
            Confirm(in call, kind, name, subscriptions.Count);
        }

        session.UpdateNeedsCare();
    }

    private static void Remove(ref Invocation call, ReadOnlySpan<byte> kind, bool isPattern)
    {
        Session session = call.Session;
        HashSet<byte[]>? names = isPattern ? session.Subscriptions?.Patterns : session.Subscriptions?.Channels;
        List<byte[]> leaving = call.Count > 1 ? NamesOf(in call) : [.. names ?? []];
        if (leaving.Count == 0)
            Confirm(in call, kind, null, session.Subscriptions?.Count ?? 0);
        foreach (byte[] name in leaving)
        {
            if (names?.Remove(name) == true)
                call.Database.Publications.Remove(name, isPattern, session);
            Confirm(in call, kind, name, session.Subscriptions?.Count ?? 0);
        }

        if (session.Subscriptions is { Count: 0 })
            session.Subscriptions = null;
        session.UpdateNeedsCare();
    }

    private static List<byte[]> NamesOf(in Invocation call)
    {
        List<byte[]> names = [];
        for (int i = 1; i < call.Count; i++)
            names.Add(call[i].ToArray());
        return names;
    }

    private static void Confirm(in Invocation call, ReadOnlySpan<byte> kind, byte[]? name, int count)
    {
        call.Reply.Push(3);
        call.Reply.Bulk(kind);
        if (name is null)
            call.Reply.Null();
        else
            call.Reply.Bulk(name);
        call.Reply.Integer(count);
    }

    private static void Publish(ref Invocation call) =>
        call.Reply.Integer(call.Database.Publications.Publish(call.Loop, call[1], call[2]));

    private static void Channels(ref Invocation call)
    {
        if (call.Count > 3)
        {
            call.Error(ErrorTexts.WrongSubcommand, call.TextOf(1), "PUBSUB");
            return;
        }

        List<byte[]> channels = call.Database.Publications.ChannelsLike(call.Count == 3 ? call[2] : "*"u8);
        call.Reply.Array(channels.Count);
        foreach (byte[] channel in channels)
            call.Reply.Bulk(channel);
    }

    private static void CountSubscribers(ref Invocation call)
    {
        call.Reply.Array((call.Count - 2) * 2);
        for (int i = 2; i < call.Count; i++)
        {
            call.Reply.Bulk(call[i]);
            call.Reply.Integer(call.Database.Publications.SubscribersOf(call[i]));
        }
    }

    private static void CountPatterns(ref Invocation call) =>
        call.Reply.Integer(call.Database.Publications.PatternCount);
}
