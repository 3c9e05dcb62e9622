"""The FIX door: sessions of brokers, their drop copies, and the links to exchanges."""
