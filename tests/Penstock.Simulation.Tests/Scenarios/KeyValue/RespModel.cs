using System.Globalization;

namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>
/// What Redis answers, written down once more the plain way: commands one after the other, each on the whole store.
/// </summary>
internal sealed class RespModel(StoreModel store, ChannelModel channels)
{
    private static readonly string[] WhileSubscribed = ["subscribe", "unsubscribe", "psubscribe", "ping", "quit"];
    private static readonly string[] NotQueued = ["multi", "exec", "discard", "watch", "quit"];

    /// <summary>Runs a command as the server has to, and returns the reply.</summary>
    public string Run(RespSession session, string[] words)
    {
        string name = words[0].ToLowerInvariant();
        if (Refusal(session, name, words) is { } refusal)
        {
            session.IsRefused |= session.Queue is not null;
            return Resp.Error(refusal);
        }

        if (session.Queue is not { } queue || NotQueued.Contains(name))
            return Execute(session, name, words);
        queue.Add(words);
        return "+QUEUED\r\n";
    }

    /// <summary>Words with the command's own; negative for at least so many; 0 when there is no such command.</summary>
    private static int ArityOf(string name) => name switch
    {
        "multi" or "exec" or "discard" or "unwatch" => 1,
        "echo" or "get" or "getdel" or "strlen" or "pttl" or "persist" => 2,
        "append" or "incrby" or "publish" => 3,
        "ping" or "unsubscribe" or "quit" => -1,
        "del" or "exists" or "mget" or "watch" or "subscribe" or "psubscribe" => -2,
        "set" or "mset" or "pexpire" => -3,
        _ => 0,
    };

    private static string? Refusal(RespSession session, string name, string[] words)
    {
        int arity = ArityOf(name);
        if (arity == 0)
            return $"ERR unknown command '{words[0]}', with args beginning with: '{string.Join("' '", words[1..])}' ";
        if (arity >= 0 ? words.Length != arity : words.Length < -arity)
            return $"ERR wrong number of arguments for '{name}' command";
        return session.IsSubscribed && !WhileSubscribed.Contains(name)
            ? $"ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
                + "are allowed in this context"
            : null;
    }

    private string Execute(RespSession session, string name, string[] words) => name switch
    {
        "multi" or "exec" or "discard" or "watch" or "unwatch" => Transact(session, name, words),
        "subscribe" => channels.Subscribe(session, session.Channels, name, words),
        "psubscribe" => channels.Subscribe(session, session.Patterns, name, words),
        "unsubscribe" => ChannelModel.Unsubscribe(session, words),
        "publish" => Resp.Integer(channels.Publish(words[1], words[2])),
        "quit" => Quit(session),
        "ping" => Ping(session, words),
        "echo" => Resp.Bulk(words[1]),
        _ => OnKeys(name, words),
    };

    private static string Quit(RespSession session)
    {
        session.HasQuit = true;
        return Resp.Ok;
    }

    private static string Ping(RespSession session, string[] words)
    {
        if (session.IsSubscribed)
            return Resp.Array(Resp.Bulk("pong"), Resp.Bulk(words.Length > 1 ? words[1] : ""));
        return words.Length > 1 ? Resp.Bulk(words[1]) : "+PONG\r\n";
    }

    private string Transact(RespSession session, string name, string[] words)
    {
        bool open = session.Queue is not null;
        switch (name)
        {
            case "multi" when open:
                return Resp.Error("ERR MULTI calls can not be nested");
            case "multi":
                session.Queue = [];
                return Resp.Ok;
            case "watch" when open:
                return Resp.Error("ERR WATCH inside MULTI is not allowed");
            case "watch":
                foreach (string key in words.Skip(1))
                    session.Watched.TryAdd(key, store.VersionOf(key));
                return Resp.Ok;
            case "unwatch":
                session.Watched.Clear();
                return Resp.Ok;
            default:
                return open ? End(session, name == "exec") : Resp.Error($"ERR {name.ToUpperInvariant()} without MULTI");
        }
    }

    private string End(RespSession session, bool run)
    {
        List<string[]> queue = session.Queue!;
        bool changed = session.Watched.Any(watch => store.VersionOf(watch.Key) != watch.Value);
        bool refused = session.IsRefused;
        session.Queue = null;
        session.IsRefused = false;
        string reply = Resp.Ok;
        if (run && refused)
            reply = Resp.Error("EXECABORT Transaction discarded because of previous errors.");
        else if (run && changed)
            reply = Resp.NullArray;
        else if (run)
            reply = Resp.Array(queue.Select(words => Execute(session, words[0].ToLowerInvariant(), words)).ToArray());
        session.Watched.Clear();
        return reply;
    }

    private string OnKeys(string name, string[] words)
    {
        string key = words[1];
        switch (name)
        {
            case "get":
                return Resp.Bulk(store.Find(key));
            case "getdel":
                string reply = Resp.Bulk(store.Find(key));
                store.Remove(key);
                return reply;
            case "strlen":
                return Resp.Integer(store.Find(key)?.Length ?? 0);
            case "del":
                return Resp.Integer(words.Skip(1).Count(store.Remove));
            case "exists":
                return Resp.Integer(words.Skip(1).Count(word => store.Find(word) is not null));
            case "mget":
                return Resp.Array(words.Skip(1).Select(word => Resp.Bulk(store.Find(word))).ToArray());
            case "set":
                return Set(key, words[2], [.. words.Skip(3).Select(word => word.ToLowerInvariant())]);
            default:
                return Change(name, key, words);
        }
    }

    private string Change(string name, string key, string[] words)
    {
        string? old = store.Find(key);
        long expiry = store.ExpiryOf(key);
        switch (name)
        {
            case "append":
                store.Set(key, old + words[2], expiry);
                return Resp.Integer((old?.Length ?? 0) + words[2].Length);
            case "mset":
                if (words.Length % 2 == 0)
                    return Resp.Error("ERR wrong number of arguments for 'mset' command");
                for (int i = 1; i < words.Length; i += 2)
                    store.Set(words[i], words[i + 1]);
                return Resp.Ok;
            case "incrby":
                return Increment(key, old, words[2]);
            case "pttl":
                return Resp.Integer(old is null ? -2 : expiry == 0 ? -1 : expiry - store.Now);
            case "persist":
                bool had = old is not null && expiry != 0;
                if (had)
                    store.Set(key, old!);
                return Resp.Integer(had ? 1 : 0);
            default:
                return Expire(key, old, words[2]);
        }
    }

    private string Increment(string key, string? old, string delta)
    {
        const string NotAnInteger = "ERR value is not an integer or out of range";
        if (!TryParse(delta, out long add) || !TryParse(old ?? "0", out long value))
            return Resp.Error(NotAnInteger);
        if ((Int128)value + add > long.MaxValue || (Int128)value + add < long.MinValue)
            return Resp.Error("ERR increment or decrement would overflow");
        store.Set(key, (value + add).ToString(CultureInfo.InvariantCulture), store.ExpiryOf(key));
        return Resp.Integer(value + add);
    }

    private string Expire(string key, string? old, string time)
    {
        if (!TryParse(time, out long milliseconds))
            return Resp.Error("ERR value is not an integer or out of range");
        if (old is null)
            return Resp.Integer(0);
        if (milliseconds <= 0)
            store.Remove(key);
        else
            store.Set(key, old, store.Now + milliseconds);
        return Resp.Integer(1);
    }

    private string Set(string key, string value, string[] options)
    {
        string? old = store.Find(key);
        long expiresAt = options.Contains("keepttl") ? store.ExpiryOf(key) : 0;
        int px = Array.IndexOf(options, "px");
        if (px >= 0)
        {
            if (!TryParse(options[px + 1], out long time))
                return Resp.Error("ERR value is not an integer or out of range");
            if (time <= 0)
                return Resp.Error("ERR invalid expire time in 'set' command");
            expiresAt = store.Now + time;
        }

        bool applies = options.Contains("xx") ? old is not null : !options.Contains("nx") || old is null;
        if (applies)
            store.Set(key, value, expiresAt);
        return options.Contains("get") ? Resp.Bulk(old) : applies ? Resp.Ok : Resp.Null;
    }

    /// <summary>As Redis reads integers: no sign but a minus, no blanks, no leading zeros.</summary>
    private static bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        && value.ToString(CultureInfo.InvariantCulture) == text;
}
