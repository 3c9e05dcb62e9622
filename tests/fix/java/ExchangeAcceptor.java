import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import quickfix.Application;
import quickfix.DefaultMessageFactory;
import quickfix.FieldNotFound;
import quickfix.FileStoreFactory;
import quickfix.Group;
import quickfix.Message;
import quickfix.ScreenLogFactory;
import quickfix.Session;
import quickfix.SessionID;
import quickfix.SessionNotFound;
import quickfix.SessionSettings;
import quickfix.SocketAcceptor;

/**
 * The smallest exchange on an engine that is not ours. It takes limit orders, trades those of one instrument that meet
 * at the same price, and tells of each trade in one capture report or, with "reports", in two execution reports.
 *
 * Usage: ExchangeAcceptor settings.cfg [reports]. Ends with its standard input.
 */
public class ExchangeAcceptor implements Application {
    private static final class Order {
        String id, name, symbol, price;
        char side;
        long quantity, filled;

        char status() {
            return filled == 0 ? '0' : filled < quantity ? '1' : '2';
        }
    }

    private final boolean reports;
    private final String run = Long.toString(System.currentTimeMillis(), 36).toUpperCase();
    private final Map<String, Order> orders = new HashMap<>();
    private final Map<String, Deque<Order>> resting = new HashMap<>();
    private int numbers = 0;

    private ExchangeAcceptor(boolean reports) {
        this.reports = reports;
    }

    public static void main(String[] arguments) throws Exception {
        SessionSettings settings = new SessionSettings(arguments[0]);
        Application exchange = new ExchangeAcceptor(arguments.length > 1 && arguments[1].equals("reports"));
        SocketAcceptor acceptor = new SocketAcceptor(exchange, new FileStoreFactory(settings), settings,
                new ScreenLogFactory(false, false, true), new DefaultMessageFactory());
        acceptor.start();
        System.out.println("listening");
        while (System.in.read() >= 0) {
            // whoever started us holds the other end
        }
        acceptor.stop();
    }

    @Override
    public synchronized void fromApp(Message message, SessionID session) throws FieldNotFound {
        for (Message told : answers(message)) {
            try {
                Session.sendToTarget(told, session);
            } catch (SessionNotFound error) {
                throw new IllegalStateException(error);
            }
        }
    }

    private List<Message> answers(Message message) throws FieldNotFound {
        switch (message.getHeader().getString(35)) {
            case "D":
                return place(message);
            case "F":
                return cancel(message);
            case "G":
                return replace(message);
            default:
                return List.of();
        }
    }

    private List<Message> place(Message message) throws FieldNotFound {
        List<Message> told = new ArrayList<>();
        if (orders.containsKey(message.getString(11))) {
            return told; // a repeat: it was answered before
        }
        Order order = new Order();
        order.id = next("O");
        order.name = message.getString(11);
        order.symbol = message.getString(55);
        order.side = message.getChar(54);
        order.price = message.getString(44);
        order.quantity = message.getDecimal(38).longValueExact();
        orders.put(order.name, order);
        told.add(report(order, '0', order.status(), null));
        meet(order, told);
        return told;
    }

    private void meet(Order order, List<Message> told) {
        Deque<Order> others = queue(order, order.side == '1' ? '2' : '1');
        while (order.filled < order.quantity && !others.isEmpty()) {
            Order other = others.peek();
            long quantity = Math.min(order.quantity - order.filled, other.quantity - other.filled);
            order.filled += quantity;
            other.filled += quantity;
            tell(order.side == '1' ? order : other, order.side == '1' ? other : order, quantity, told);
            if (other.filled == other.quantity) {
                others.remove();
            }
        }
        if (order.filled < order.quantity) {
            queue(order, order.side).add(order);
        }
    }

    private void tell(Order buy, Order sell, long quantity, List<Message> told) {
        String match = next("T");
        if (!reports) {
            told.add(captured(buy, sell, quantity, match));
            return;
        }
        for (Order side : List.of(buy, sell)) {
            Message report = report(side, 'F', side.status(), null);
            report.setString(32, Long.toString(quantity));
            report.setString(31, side.price);
            report.setString(20880, match);
            told.add(report);
        }
    }

    private Message captured(Order buy, Order sell, long quantity, String id) {
        Message report = message("AE");
        report.setString(571, id);
        report.setString(487, "0");
        report.setString(570, "N");
        report.setString(55, buy.symbol);
        report.setString(32, Long.toString(quantity));
        report.setString(31, buy.price);
        report.setString(75, LocalDateTime.now(ZoneOffset.UTC).toLocalDate().toString().replace("-", ""));
        for (Order order : List.of(buy, sell)) {
            Group side = new Group(552, 54);
            side.setChar(54, order.side);
            side.setString(37, order.id);
            side.setString(11, order.name);
            report.addGroup(side);
        }
        return report;
    }

    private List<Message> cancel(Message message) throws FieldNotFound {
        Order order = orders.get(message.getString(41));
        if (order == null || !queue(order, order.side).remove(order)) {
            return List.of(refused(message, order));
        }
        String original = rename(order, message);
        return List.of(report(order, '6', '6', original), report(order, '4', '4', original));
    }

    private List<Message> replace(Message message) throws FieldNotFound {
        Order order = orders.get(message.getString(41));
        if (order == null || !queue(order, order.side).remove(order)) {
            return List.of(refused(message, order));
        }
        String original = rename(order, message);
        List<Message> told = new ArrayList<>(List.of(report(order, 'E', 'E', original)));
        order.quantity = message.getDecimal(38).longValueExact();
        order.price = message.getString(44);
        told.add(report(order, '5', order.status(), original));
        meet(order, told);
        return told;
    }

    private String rename(Order order, Message message) throws FieldNotFound {
        String original = order.name;
        order.name = message.getString(11);
        orders.put(order.name, order);
        return original;
    }

    private Message refused(Message request, Order order) throws FieldNotFound {
        Message told = message("9");
        told.setString(37, order == null ? "NONE" : order.id);
        told.setString(11, request.getString(11));
        told.setString(41, request.getString(41));
        told.setChar(39, order == null ? '8' : order.status());
        told.setString(434, request.getHeader().getString(35).equals("F") ? "1" : "2");
        told.setString(102, order == null ? "1" : "0");
        return told;
    }

    private Message report(Order order, char kind, char status, String original) {
        Message told = message("8");
        told.setString(37, order.id);
        told.setString(17, next("X"));
        told.setString(11, order.name);
        if (original != null) {
            told.setString(41, original);
        }
        told.setChar(150, kind);
        told.setChar(39, status);
        told.setString(55, order.symbol);
        told.setChar(54, order.side);
        told.setString(38, Long.toString(order.quantity));
        told.setString(14, Long.toString(order.filled));
        told.setString(151, Long.toString(kind == '4' ? 0 : order.quantity - order.filled));
        told.setString(6, order.filled == 0 ? "0" : order.price);
        return told;
    }

    private static Message message(String type) {
        Message message = new Message();
        message.getHeader().setString(35, type);
        message.setUtcTimeStamp(60, LocalDateTime.now(ZoneOffset.UTC), true);
        return message;
    }

    private Deque<Order> queue(Order order, char side) {
        return resting.computeIfAbsent(order.symbol + "@" + order.price + side, (key) -> new ArrayDeque<>());
    }

    private String next(String kind) {
        return kind + run + "-" + ++numbers;
    }

    @Override
    public void onCreate(SessionID session) {}

    @Override
    public void onLogon(SessionID session) {
        System.out.println("logon");
    }

    @Override
    public void onLogout(SessionID session) {
        System.out.println("logout");
    }

    @Override
    public void toAdmin(Message message, SessionID session) {}

    @Override
    public void fromAdmin(Message message, SessionID session) {}

    @Override
    public void toApp(Message message, SessionID session) {}
}
